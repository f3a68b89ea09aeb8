import { describe, expect, it } from 'vitest'
import { compareLink } from '../../src/domain/compare-link.ts'

const [a, b] = ['1'.repeat(40), '2'.repeat(40)]
const link = (source: string | null, from: string | null = a, to: string | null = b) =>
  compareLink({ source, revision: from }, { source, revision: to })

describe('a link to compare', () => {
  it.each([
    ['https://github.com/opsee/api', `https://github.com/opsee/api/compare/${a}...${b}`],
    ['https://github.com/opsee/api.git', `https://github.com/opsee/api/compare/${a}...${b}`],
    ['https://github.example.com/opsee/api/?x=1#y', `https://github.example.com/opsee/api/compare/${a}...${b}`],
    ['https://gitlab.com/opsee/back/api', `https://gitlab.com/opsee/back/api/-/compare/${a}...${b}`],
    ['https://bitbucket.org/opsee/api', `https://bitbucket.org/opsee/api/branches/compare/${b}..${a}`],
    ['https://example.com/opsee/api', null],
    ['git@github.com:opsee/api.git', null],
    ['javascript:alert(1)//github.com/a/b', null],
    ['https://ann:secret@github.com/opsee/api', null],
    ['https://github.com/opsee/a|b', null],
    ['https://github.com/', null],
    ['https://notgithub.com.evil.example/opsee/api', null],
    [null, null],
  ])('%s', (source, expected) => {
    expect(link(source)).toBe(expected)
  })

  it.each([
    ['the same commit twice', a, a],
    ['what is no commit', 'main', b],
    ['a commit that nobody knows', a, null],
    ['more than a commit', `${a}|<!channel>`, b],
  ])('is not made of %s', (_, from, to) => {
    expect(link('https://github.com/opsee/api', from, to)).toBeNull()
  })

  it('is not made across two sources', () => {
    const from = { source: 'https://github.com/opsee/api', revision: a }
    expect(compareLink(from, { source: 'https://github.com/opsee/vape', revision: b })).toBeNull()
    expect(compareLink({ ...from, source: null }, { ...from, revision: b })).not.toBeNull()
  })
})
