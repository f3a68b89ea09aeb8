import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Processes that have this folder in their arguments, environment or working directory: `pid command`. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const command = read(`/proc/${pid}/cmdline`)
      const about = command + read(`/proc/${pid}/environ`)
      return about.includes(folder) ? [`${pid} ${command.replaceAll('\0', ' ')}`] : []
    })
}

/** The same, once there are none, or after `limitMs`. */
export async function leftBehind(folder: string, limitMs: number): Promise<string[]> {
  const until = performance.now() + limitMs
  for (;;) {
    const found = processesOf(folder)
    if (found.length === 0 || performance.now() > until) return found
    await sleep(100)
  }
}

/** Nothing when the process is gone, or is somebody else's. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
