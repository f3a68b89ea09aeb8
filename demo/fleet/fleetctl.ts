#!/usr/bin/env node
import { argv, cwd, env, exit, stderr, stdout } from 'node:process'
import { runFleetctl } from './ctl/run.ts'

runFleetctl({
  args: argv.slice(2),
  env,
  cwd: cwd(),
  stdout: (text) => stdout.write(text),
  stderr: (text) => stderr.write(text),
  killed: new AbortController().signal,
}).then(exit, (error: unknown) => {
  stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  exit(1)
})
