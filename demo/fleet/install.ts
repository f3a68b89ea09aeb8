import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { builtFile } from './built.ts'

/** Writes an executable `fleetctl` into `dir` that runs the built stand-in, and returns its path. */
export function installFleetctl(dir: string): string {
  const script = builtFile('fleetctl.js')
  mkdirSync(dir, { recursive: true })
  const path = join(dir, 'fleetctl')
  writeFileSync(path, `#!/bin/sh\nexec ${quoted(execPath)} ${quoted(script)} "$@"\n`)
  chmodSync(path, 0o755)
  if (!existsSync(path)) throw new Error(`${path} was written and is not there`)
  return path
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
