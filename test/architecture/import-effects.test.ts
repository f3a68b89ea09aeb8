import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { root, sourceFiles } from './imports.ts'

const run = promisify(execFile)
const folder = mkdtempSync(path.join(tmpdir(), 'opsee-imports-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What is started as a program says so in its first line. */
const isProgram = (file: string): boolean => readFileSync(path.join(root, file), 'utf8').startsWith('#!')

/**
 * Imports files one after the other in a process of their own and says after which one something had changed: a timer,
 * a socket or a listener that was not there, a word in the environment, a global name, the working directory. What
 * keeps a process alive would keep this one alive, and what is printed is in `stdout`.
 */
const probe = `
// zod shares its registry with other copies of itself by a global name.
// The standard streams, and the reading and closing of files that the loading of modules itself does.
const passing = /^(PipeWrap|TTYWrap|CloseReq|FSReq.*)$/
const counted = (name, index, all) => name + ' ' + (all.slice(0, index).filter((one) => one === name).length + 1)
const state = () => ({
  alive: process.getActiveResourcesInfo().filter((name) => !passing.test(name)).map(counted),
  listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]).sort(),
  environment: Object.entries(process.env).sort(),
  globals: Object.getOwnPropertyNames(globalThis).filter((name) => !name.startsWith('__zod_')),
  folder: [process.cwd()],
})
const effects = []
for (const file of JSON.parse(process.env.FILES)) {
  const before = state()
  await import(file)
  await new Promise((resolve) => setImmediate(resolve))
  const after = state()
  for (const [what, now] of Object.entries(after)) {
    const known = new Set(before[what].map(String))
    const fresh = now.map(String).filter((one) => !known.has(one))
    if (fresh.length > 0) effects.push(file + ' changed ' + what + ': ' + fresh.join(', '))
  }
}
process.stderr.write(JSON.stringify(effects))
`

async function effectsOf(files: readonly string[]): Promise<{ stdout: string; effects: unknown }> {
  const program = path.join(folder, 'probe.mjs')
  writeFileSync(program, probe)
  // Not as arguments: a file that runs as a program when it is imported would take the next one for its output.
  const env = { ...process.env, FILES: JSON.stringify(files) }
  const { stdout, stderr } = await run(process.execPath, [program], { timeout: 60_000, cwd: folder, env })
  return { stdout, effects: JSON.parse(stderr) }
}

describe('Importing a file', () => {
  it('does nothing, whichever file of the product it is', async () => {
    const files = sourceFiles('src', 'commands').filter((file) => !isProgram(file))
    const built = files.map((file) => path.join(root, 'dist', file.replace(/\.ts$/, '.js')))
    expect(built.length).toBeGreaterThan(0)
    expect(await effectsOf(built)).toEqual({ stdout: '', effects: [] })
  })

  it.for([
    ['prints', "console.log('hello')"],
    ['starts a timer', 'setTimeout(() => {}, 100)'],
    ['listens for signals', "process.on('SIGTERM', () => {})"],
    ['sets a global name', 'globalThis.here = 1'],
    ['writes to the environment', "process.env.HERE = '1'"],
  ])('would be noticed when it %s', async ([name = '', code = '']) => {
    const file = path.join(folder, `${name.replaceAll(' ', '-')}.mjs`)
    writeFileSync(file, code)
    expect(await effectsOf([file])).not.toEqual({ stdout: '', effects: [] })
  })
})
