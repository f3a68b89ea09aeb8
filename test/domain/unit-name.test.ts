import { describe, expect, it } from 'vitest'
import { byUnitName, instanceIn } from '../../src/domain/unit-name.ts'

describe('the name of a unit', () => {
  it.each([
    ['api@.service', 'api@3.service', '3'],
    ['api@.service', 'api@a-b.service', 'a-b'],
    ['api@.service', 'api-elb@3.service', null],
    ['api-elb@.service', 'api@3.service', null],
    ['api@.service', 'api@3.timer', null],
    ['api@.service', 'api@.service', null],
    ['api@.service', 'api.service', null],
    ['api@.service', 'my-api@3.service', null],
    ['api@.service', 'api@3', null],
    ['api.service', 'api@3.service', null],
    ['nothing', 'api@3.service', null],
  ])('under %s, %s is the instance %s', (template, unit, instance) => {
    expect(instanceIn(template, unit)).toBe(instance)
  })

  it('sorts as people count', () => {
    const units = ['api@10.service', 'api@9.service', 'api@1.service', 'abc@2.service'].map((unit) => ({ unit }))
    expect(units.toSorted(byUnitName).map(({ unit }) => unit)).toEqual([
      'abc@2.service',
      'api@1.service',
      'api@9.service',
      'api@10.service',
    ])
  })
})
