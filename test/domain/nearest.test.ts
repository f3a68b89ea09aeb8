import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nearest } from '../../src/domain/nearest.ts'
import { counterexample } from '../command/counterexample.ts'

describe('the nearest valid word', () => {
  const valid = ['deploy', 'restart', 'history', 'ls', 'lock', 'locks', 'production', 'staging']
  it.each([
    ['deplyo', 'deploy'],
    ['DEPLOY', 'deploy'],
    ['depoly', 'deploy'],
    ['hist', 'history'],
    ['prodcution', 'production'],
    ['lokc', 'lock'],
    ['l', null],
    ['rm', null],
    ['banana', null],
    ['', null],
  ])('of %j is %j', (typed, expected) => {
    expect(nearest(typed, valid)).toBe(expected)
  })

  it('of a valid word is that word', () => {
    const itself = fc.property(fc.constantFrom(...valid), (word) => nearest(word, valid) === word)
    expect(counterexample(itself)).toBeNull()
  })

  it('is found in spite of one lost letter in a long word', () => {
    const found = fc.property(fc.constantFrom('deploy', 'production'), fc.nat(), (word, at) => {
      const index = at % word.length
      return nearest(word.slice(0, index) + word.slice(index + 1), valid) === word
    })
    expect(counterexample(found)).toBeNull()
  })

  it('is null or valid, whatever is typed', () => {
    const closed = fc.property(fc.string({ maxLength: 80, unit: 'binary' }), (typed) => {
      const near = nearest(typed, valid)
      return near === null || valid.includes(near)
    })
    expect(counterexample(closed)).toBeNull()
  })
})
