import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readBenchOptions } from '../../bench/options.ts'
import { readOptions } from '../../demo/demo/options.ts'
import { pages, root, textOf } from './pages.ts'

const commands = readdirSync(path.join(root, 'commands')).map((file) => file.replace(/\.ts$/, ''))
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')))
const readme = textOf('README.md')

/** What stands behind a word, over some pages: `npm run` → `demo`, `/opsee` → `deploy`. */
const behind = (pattern: RegExp, names: readonly string[] = pages()): readonly string[] => [
  ...new Set(names.flatMap((page) => [...textOf(page).matchAll(pattern)].map(([, word = '']) => word))),
]

describe('The README', () => {
  it('names two commands to begin with, each alone in a block, and both are there', () => {
    const blocks = [...readme.matchAll(/^```sh\n([^]*?)\n```$/gm)].map(([, text]) => text)
    expect(blocks).toEqual(['npm run demo', 'npm test'])
    expect(scripts).toMatchObject({ demo: 'node demo/run.mjs', test: 'node test/run.mjs' })
  })

  it('names every command in its table', () => {
    const table = readme.slice(readme.indexOf('## Commands'), readme.indexOf('## What is guaranteed'))
    const named = [...table.matchAll(/\/opsee ([a-z]+)/g)].map(([, word = '']) => word)
    expect([...new Set(named)].toSorted()).toEqual(commands.toSorted())
  })

  it('numbers the seven guarantees, each with a test that is there', () => {
    const chapter = readme.slice(readme.indexOf('## What is guaranteed'), readme.indexOf('## What is not there yet'))
    const points = chapter.split(/^\d\. /m).slice(1)
    expect(points).toHaveLength(7)
    const shown = points.map((point) => [...point.matchAll(/\]\((test\/[^)]+)\)/g)].map(([, file = '']) => file))
    expect(points.filter((_, index) => shown[index]?.length === 0)).toEqual([])
    expect(shown.flat().filter((file) => !existsSync(path.join(root, file)))).toEqual([])
  })

  it('shows options of the demo and of the bench that they take', () => {
    const shown = behind(/npm run demo -- ([^`\n]+)/g, ['README.md'])
    expect(shown.filter((words) => readOptions(words.split(' ')).kind === 'wrong')).toEqual([])
    expect(readBenchOptions(['--quick']).quick).toBe(true)
    expect(() => readBenchOptions(['latency'])).toThrow(/name ack, roll, memory, takeover/)
  })
})

it('The Procfile runs what `npm start` runs', () => {
  expect(textOf('Procfile')).toBe(`bot: ${scripts['start']}\n`)
})

describe('All pages', () => {
  it('name only scripts that package.json has', () => {
    const named = behind(/npm run ([a-z:]+)/g)
    expect(named).toContain('demo')
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
  })

  it('name only commands that there are', () => {
    const named = behind(/`(?:\/|@)opsee ([a-z]+)/g)
    expect(named).toContain('deploy')
    expect(named.filter((name) => !commands.includes(name))).toEqual([])
  })

  it('and the changelog tell of every command', () => {
    const changelog = textOf('CHANGELOG.md')
    expect(commands.filter((name) => !changelog.includes(`\`${name}\``))).toEqual([])
  })

  it('name decisions in the order of their numbers, all of them', () => {
    const files = readdirSync(path.join(root, 'docs', 'adr')).filter((name) => /^\d{4}-/.test(name))
    const listed = [...textOf('docs/adr/README.md').matchAll(/\]\((\d{4}-[^)]+)\)/g)].map(([, file]) => file)
    expect(listed).toEqual(files.toSorted())
    for (const file of files) {
      expect(textOf(path.join('docs', 'adr', file))).toMatch(new RegExp(`^# ${Number(file.slice(0, 4))}\\. `))
    }
  })
})
