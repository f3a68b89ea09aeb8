import { fileURLToPath } from 'node:url'
import { prepare } from './prepare.mjs'
import { runChild } from './run-child.mjs'

/** The project's folder: this file is two folders below it. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Prepares the checkout, then runs `node …args` in it and ends with its exit code. Progress goes to stderr:
 * stdout holds only what the child prints.
 */
export async function main(args) {
  const end = () => process.exit(130)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end)
  try {
    const programs = await prepare({ root, say: (line) => process.stderr.write(`${line} …\n`), programs: true })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, end)
    process.exitCode = await runChild(args, { cwd: root, env: { ...process.env, ...programs } })
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
