import { cpSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { benchUsage } from '../../bench/usage.ts'
import { demoUsage } from '../../demo/usage.ts'
import { checkUsage } from '../../src/command-line/check-usage.ts'
import { root, runNode, temporaryFolder } from './support.ts'

/** What a bare clone has of these commands: neither packages nor a build. */
let clone = ''
const parts = ['package.json', 'demo', 'bench', 'src/command-line']

beforeAll(() => {
  clone = temporaryFolder()
  for (const part of parts) cpSync(path.join(root, part), path.join(clone, part), { recursive: true })
})
afterAll(() => rmSync(clone, { recursive: true, force: true }))

const tools = [
  ['demo/run.mjs', demoUsage],
  ['bench/run.mjs', benchUsage],
  ['demo/bootstrap/run-check.mjs', checkUsage],
] as const

const run = (tool: string, ...words: string[]) => runNode([path.join(clone, tool), ...words])

describe.for(tools)('On a bare clone, %s', ([tool, usage]) => {
  it.for([['--help'], ['-h'], ['--keep', '--help']])(
    'prints its help for %s, and installs and builds nothing',
    async (words) => {
      expect(await run(tool, ...words)).toEqual({ code: 0, stdout: usage, stderr: '' })
      expect(readdirSync(clone).toSorted()).toEqual(['bench', 'demo', 'package.json', 'src'])
    },
  )

  it('refuses an option that it does not have, before it installs anything', async () => {
    const { code, stdout, stderr } = await run(tool, '--hepl')
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: `There is no option --hepl.\n\n${usage}` })
    expect(readdirSync(clone)).toHaveLength(4)
  })
})

it('The check of a configuration says on a bare clone that Opsee is not built', async () => {
  const { code, stderr } = await run('demo/bootstrap/run-check.mjs', 'opsee.yaml')
  expect(code).toBe(1)
  expect(stderr).toMatch(
    /^Opsee is not built here: .*check-config\.js is missing\.\nBuild it: npm ci && npm run build\n$/,
  )
})
