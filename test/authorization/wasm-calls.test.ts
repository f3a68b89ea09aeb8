import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { wasmCallFlag } from '../../src/authorization/wasm-calls.ts'
import { root } from '../architecture/imports.ts'

const run = promisify(execFile)
const flag = '--no-turbo-inline-js-wasm-calls'
const folder = mkdtempSync(path.join(tmpdir(), 'opsee-flags-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('The flag against the crash in V8', () => {
  it.each([
    ['10.2.154.26-node.39', flag],
    ['11.3.244.8-node.38', flag],
    ['12.4.254.21-node.57', flag],
    ['13.6.233.17-node.53', flag],
    ['14.6.202.34-node.34', flag],
    ['9.4.146.26-node.26', null],
    ['15.0.1', null],
    ['141.0', null],
    ['', null],
    ['unknown', null],
  ])('for V8 %s is %s', (version, expected) => {
    expect(wasmCallFlag(version)).toBe(expected)
  })
})

/** Prints in which order flags are set and WebAssembly modules are made. */
const recorder = `
const { syncBuiltinESMExports } = require('node:module')
const v8 = require('node:v8')
const set = v8.setFlagsFromString
v8.setFlagsFromString = (flags) => { process.stderr.write('recorded: ' + flags + '\\n'); set(flags) }
syncBuiltinESMExports()
WebAssembly.Module = new Proxy(WebAssembly.Module, {
  construct(target, args) {
    if (args[0].byteLength > 1_000_000) process.stderr.write('recorded: module\\n')
    return Reflect.construct(target, args)
  },
})
`

async function recorded(node: readonly string[], program: string): Promise<{ recorded: string[]; stderr: string }> {
  const file = path.join(folder, 'recorder.cjs')
  writeFileSync(file, recorder)
  const [command = '', ...words] = node
  // A configuration that does not exist ends each program after everything was imported.
  const args = [...words, '--require', file, path.join(root, program), path.join(folder, 'missing.yaml')]
  const ended = await run(command, args, { timeout: 120_000, cwd: folder }).catch((error: unknown) => error)
  const stderr = typeof ended === 'object' && ended !== null && 'stderr' in ended ? String(ended.stderr) : ''
  const lines = stderr.split('\n').filter((line) => line.startsWith('recorded: '))
  return { recorded: lines.map((line) => line.slice('recorded: '.length)), stderr }
}

describe('Every way to start', () => {
  it.each(['dist/src/main.js', 'dist/src/check-config.js', 'dist/src/authorization/policy.js'])(
    'sets the flag before Cedar’s WebAssembly exists: %s',
    async (program) => {
      expect((await recorded([process.execPath], program)).recorded).toEqual([flag, 'module'])
    },
  )
})

/** The words of Procfile and `npm start` between `node` and the program. */
function startWords(): readonly string[] {
  const procfile = /^bot: node (.+) dist\/src\/main\.js$/m.exec(readFileSync(path.join(root, 'Procfile'), 'utf8'))?.[1]
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
  expect(scripts.start).toBe(`node ${procfile} dist/src/main.js`)
  return procfile?.split(' ') ?? []
}

describe('The bot starts with the flags of `npm start`', () => {
  // The newest one stands for those to come: it must start, whether or not its V8 knows the flag.
  it.each(['20', '22', '24', 'latest'])(
    'on Node %s, which knows all of them',
    async (version) => {
      const node = ['npx', '-y', '-p', `node@${version}`, '--', 'node', ...startWords()]
      const { recorded: order, stderr } = await recorded(node, 'dist/src/main.js')
      expect(order.at(-1)).toBe('module')
      expect(stderr).toContain('missing.yaml')
      expect(stderr).not.toMatch(/unrecognized flag|bad option/)
      if (version !== 'latest') expect(order).toEqual([flag, 'module'])
    },
    240_000,
  )
})
