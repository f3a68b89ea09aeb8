import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

export const root = path.resolve(import.meta.dirname, '..', '..')
export const bootstrap = path.join(root, 'demo', 'bootstrap')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a module text in a Node of its own, as the bootstrap does before anything is built. */
export function runModule(text: string, args: readonly string[] = []): Promise<Ended> {
  return runNode(['--input-type=module', '-e', text, ...args])
}

export function runNode(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { timeout: 60_000, env }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr })
    })
  })
}

export const temporaryFolder = (): string => mkdtempSync(path.join(tmpdir(), 'opsee-bootstrap-'))

/** A checkout as small as it can be: its one package is installed, its one source can be built. */
export function smallCheckout(): string {
  const folder = temporaryFolder()
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    writeFileSync(path.join(folder, file), text)
  }
  const dependency = { version: '1.0.0', integrity: 'sha512-a' }
  const lock = { packages: { '': {}, 'node_modules/typescript': dependency } }
  write('package.json', JSON.stringify({ name: 'small', type: 'module' }))
  write('package-lock.json', JSON.stringify(lock))
  write('node_modules/.package-lock.json', JSON.stringify({ packages: { 'node_modules/typescript': dependency } }))
  write('node_modules/typescript/package.json', JSON.stringify({ version: '1.0.0', bin: { tsc: 'tsc.js' } }))
  // A compiler that copies, and says that it ran.
  write(
    'node_modules/typescript/tsc.js',
    `const fs = require('node:fs')
fs.appendFileSync('runs.txt', 'run\\n')
const text = fs.readFileSync('src/main.ts', 'utf8')
if (text.includes('broken')) { console.log('src/main.ts(1,1): error TS1005: it is broken'); process.exit(2) }
fs.mkdirSync('dist/src', { recursive: true })
setTimeout(() => fs.writeFileSync('dist/src/main.js', text), 300)`,
  )
  write('tsconfig.json', '{}')
  write('src/main.ts', 'export {}')
  cpSync(bootstrap, path.join(folder, 'demo', 'bootstrap'), { recursive: true })
  return folder
}
