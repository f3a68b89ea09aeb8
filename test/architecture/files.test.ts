import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { root, sourceFiles } from './imports.ts'

const generated = new Set(['.git', 'node_modules', 'dist', '.cache', 'coverage', 'test-results', 'package-lock.json'])
const texts = /(?:\.(?:ts|mjs|js|json|md|ya?ml|cedar|cedarschema|service|html|css|txt)|\/[^./]+)$/

/** Every file of the project that people wrote and that is text. */
function writtenFiles(folder = ''): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name)
    if (generated.has(entry.name)) return []
    if (entry.isDirectory()) return writtenFiles(file)
    return texts.test(`/${file}`) ? [file] : []
  })
}

// Put together here, so that this file does not hold what it forbids.
const say = (...parts: readonly string[]): string => parts.join('')
const forbidden: readonly { readonly words: RegExp; readonly why: string; readonly where: RegExp }[] = [
  { words: new RegExp(say('\\b(TO', 'DO|FIX', 'ME|XX', 'X)\\b')), why: 'unfinished work', where: /./ },
  { words: new RegExp(say('/wo', 'rk/')), why: 'a folder of one machine', where: /./ },
  { words: new RegExp(say('registry\\.np', 'mjs|np', 'mjs\\.org')), why: 'the host of a package registry', where: /./ },
  { words: new RegExp(say('@ts-', '(ignore|nocheck)')), why: 'a silenced compiler', where: /\.(ts|mjs)$/ },
  { words: new RegExp(say('(ox|es)', 'lint-', 'disable')), why: 'a silenced linter', where: /\.(ts|mjs)$/ },
  { words: new RegExp(say('prettier-', 'ignore\\b')), why: 'a silenced formatter', where: /\.(ts|mjs)$/ },
  { words: new RegExp(say('\\bvi\\.', '(do)?mock\\(')), why: 'a mocked module', where: /^test\// },
  {
    words: new RegExp(say('\\b(?:it|test|describe|ctx|context)\\.', '(?:skip|only|todo|skipIf|runIf|fails)\\b')),
    why: 'a test that does not run, or alone',
    where: /^test\//,
  },
]

const offences = (file: string, text: string): string[] =>
  text
    .split('\n')
    .flatMap((line, index) =>
      forbidden
        .filter(({ where, words }) => where.test(file) && words.test(line))
        .map(({ why }) => `${file}:${index + 1} ${why}: ${line.trim()}`),
    )

describe('The files of the project', () => {
  it('hold nothing unfinished, silenced or tied to one machine', () => {
    const files = writtenFiles()
    expect(files).toContain('package.json')
    expect(files.flatMap((file) => offences(file, readFileSync(path.join(root, file), 'utf8')))).toEqual([])
  })

  it('would be caught with such a thing in them', () => {
    expect(offences('src/a.ts', say('// TO', 'DO: later'))).toHaveLength(1)
    expect(offences('src/a.ts', say('// @ts-', 'ignore'))).toHaveLength(1)
    expect(offences('docs/a.md', say('cd /wo', 'rk/main'))).toHaveLength(1)
    expect(offences('test/a.test.ts', say('it.sk', "ip('x')"))).toHaveLength(1)
    expect(offences('src/a.ts', 'an iterator.only(x), for many')).toEqual([])
  })

  it('are short enough to hold one idea each', () => {
    const long = sourceFiles('src', 'commands', 'demo', 'bench', 'chaos')
      .map((file) => ({ file, lines: readFileSync(path.join(root, file), 'utf8').trimEnd().split('\n').length }))
      .filter(({ lines }) => lines > 250)
    expect(long).toEqual([])
  })
})
