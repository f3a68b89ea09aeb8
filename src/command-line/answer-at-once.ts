import { readFileSync } from 'node:fs'
import type { Arguments } from './read-arguments.ts'

interface Streams {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
}

/** Prints the answer to `--help`, `--version` or a wrong word. Returns the exit code. */
export function answerAtOnce(
  asked: Exclude<Arguments, { kind: 'file' }>,
  usage: string,
  { stdout, stderr }: Streams,
): 0 | 2 {
  switch (asked.kind) {
    case 'help':
      stdout.write(usage)
      return 0
    case 'version':
      stdout.write(`${version()}\n`)
      return 0
    case 'wrong':
      stderr.write(`${asked.message}\n\n${usage}`)
      return 2
  }
}

/** This runs as dist/src/command-line/answer-at-once.js, three folders below the project's. */
function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return `opsee ${known ? String(manifest.version) : 'of an unknown version'}`
}
