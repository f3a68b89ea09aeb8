import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root, runModule, runNode } from '../bootstrap/support.ts'

/** `npm run chaos` in a clone without packages and without a build. */

let clone = ''
beforeAll(() => {
  clone = mkdtempSync(path.join(tmpdir(), 'opsee-clone-'))
  const bare = readdirSync(path.join(root, 'chaos')).filter((name) => name.endsWith('.mjs'))
  for (const file of [...bare.map((name) => `chaos/${name}`), 'demo/bootstrap'])
    cpSync(path.join(root, file), path.join(clone, file), { recursive: true })
})
afterAll(() => rmSync(clone, { recursive: true, force: true }))

const chaos = (...args: readonly string[]) => runNode([path.join(clone, 'chaos', 'run.mjs'), ...args])

async function optionsOf(...args: readonly string[]): Promise<unknown> {
  const text = `const { readOptions } = await import(process.argv[1])
console.log(JSON.stringify(readOptions(process.argv.slice(2)).options))`
  const { stdout } = await runModule(text, [path.join(root, 'chaos', 'read-options.mjs'), ...args])
  return JSON.parse(stdout)
}

describe('npm run chaos', () => {
  it.each([[['--help']], [['-h']], [['--soak', '--help']], [['--soak', '200', '--help']], [['--no-such', '--help']]])(
    'prints help and prepares nothing: %s',
    async (args) => {
      const { code, stdout, stderr } = await chaos(...args)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain('Usage: npm run chaos -- [options]')
      for (const name of ['rounds', 'seed', 'members', 'replicas', 'keep', 'out', 'soak'])
        expect(stdout).toContain(`--${name} `)
    },
  )

  it.each([
    [['--round', '3'], "Unknown option '--round'"],
    [['3'], "Unexpected argument '3'"],
    [['--rounds', '0'], '--rounds 0: give a whole number from 1 to 100000'],
    [['--rounds', ''], '--rounds : give a whole number from 1 to 100000'],
    [['--seed', '1e3'], '--seed 1e3: give a whole number from 0 to 1000000000'],
    [['--members', '2'], '--members 2: give 1 or 3'],
    [['--replicas', '9'], '--replicas 9: give a whole number from 1 to 5'],
    [['--rounds'], "Option '--rounds <value>' argument missing"],
    [['--keep=yes'], "Option '--keep' does not take an argument"],
    [['--soak', '20', '--rounds', '2'], '--rounds does not go with --soak'],
  ])('refuses a wrong option, says why and what to type: %s', async (args, why) => {
    const { code, stdout, stderr } = await chaos(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(why)
    expect(stderr).toContain('See the options: npm run chaos -- --help\n')
    expect(stderr.trim().split('\n')).toHaveLength(2)
  })

  it('hands over what was asked for, and what is meant otherwise', async () => {
    expect(await optionsOf()).toEqual({
      rounds: 10,
      seed: 1,
      members: null,
      replicas: null,
      soak: null,
      keep: false,
      out: null,
    })
    const words = ['--rounds', '3', '--seed', '0', '--members', '3', '--replicas', '2', '--keep', '--out', 'a.md']
    expect(await optionsOf(...words)).toEqual({
      rounds: 3,
      seed: 0,
      members: 3,
      replicas: 2,
      soak: null,
      keep: true,
      out: 'a.md',
    })
  })
})
