#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { argv, exit, stderr, stdin, stdout } from 'node:process'
import { z } from 'zod'
import { LabConfig } from './config.ts'
import { openLab } from './lab-of.ts'

/**
 * One process = one lab. `daemon.js <config.json>` starts it, prints one JSON line with its addresses when it is ready,
 * and runs until SIGTERM, SIGINT, or the end of its standard input, so that it never outlives who started it.
 */
async function main(path: string | undefined): Promise<void> {
  if (path === undefined) throw new Error('say which lab: daemon.js <config.json> (startFleet writes one)')
  const parsed = LabConfig.safeParse(JSON.parse(readFileSync(path, 'utf8')))
  if (!parsed.success) throw new Error(`${path} is no configuration of a lab\n\n${z.prettifyError(parsed.error)}`)
  const lab = await openLab(parsed.data)
  let closing = false
  const end = (): void => {
    if (closing) return
    closing = true
    lab.close().then(
      () => exit(0),
      (error: unknown) => fail(error),
    )
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  stdin.on('end', end)
  stdin.resume()
  stdout.on('error', end)
  stdout.write(`${JSON.stringify({ endpoints: lab.endpoints, control: lab.control, log: lab.log })}\n`)
}

function fail(error: unknown): never {
  stderr.write(`the stand-in fleet cannot go on: ${error instanceof Error ? error.message : String(error)}\n`)
  exit(1)
}

main(argv[2]).catch(fail)
