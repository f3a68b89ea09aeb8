#!/usr/bin/env node
import { argv, cwd, env, exit, stderr, stdout } from 'node:process'
import { runFleetctl } from './ctl/run.ts'

/** Leaves once all that was written is with the reader: of a long list a pipe holds only a part, and `exit` drops the rest. */
async function leave(code: number): Promise<never> {
  await Promise.all([stdout, stderr].map((stream) => new Promise((written) => stream.write('', written))))
  return exit(code)
}

runFleetctl({
  args: argv.slice(2),
  env,
  cwd: cwd(),
  stdout: (text) => stdout.write(text),
  stderr: (text) => stderr.write(text),
  killed: new AbortController().signal,
}).then(leave, (error: unknown) => {
  stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  return leave(1)
})
