import { accessSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const SYSTEMS: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' }

/**
 * Path of the local-slack program: `LOCAL_SLACK_BIN`, else the platform's package when it is installed
 * (`local-slack-linux-x64` is an optional dependency; it needs glibc). Throws with what to do when there is none.
 */
export function findLocalSlack(env: Readonly<Record<string, string | undefined>>): string {
  const named = env['LOCAL_SLACK_BIN']
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named
    throw new Error(
      `LOCAL_SLACK_BIN is ${named}, which is no executable file\n\nGive the path of local-slack, or unset it`,
    )
  }
  const system = SYSTEMS[process.platform] ?? process.platform
  const name = `local-slack-${system}-${process.arch}`
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
    const path = join(folder, 'bin', system === 'windows' ? 'local-slack.exe' : 'local-slack')
    if (isExecutable(path)) return path
  } catch {
    // Not installed: the message below says what to do.
  }
  throw new Error(
    `no local-slack for ${process.platform} ${process.arch}: the package ${name} is not installed\n\n` +
      'Run `npm install` without --omit=optional, or set LOCAL_SLACK_BIN to a local-slack 0.1.8 program',
  )
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
