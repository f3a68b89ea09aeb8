import { readdirSync, readFileSync } from 'node:fs'

const limitMs = 2000

/**
 * SIGSTOP, and waits until no thread of the process runs any more: the signal is sent before it has acted, and what is
 * asked meanwhile may still be answered. Blocks for some milliseconds; throws after 2 s.
 */
export function freeze(pid: number): void {
  process.kill(pid, 'SIGSTOP')
  const until = performance.now() + limitMs
  while (!isStopped(pid)) {
    if (performance.now() > until) throw new Error(`process ${pid} runs on ${limitMs / 1000} s after SIGSTOP`)
  }
}

const isStopped = (pid: number): boolean =>
  readdirSync(`/proc/${pid}/task`).every((thread) => {
    const stat = statOf(`/proc/${pid}/task/${thread}/stat`)
    // The state stands after the name, which is in parentheses.
    return stat === null || stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')
  })

/** Null for a thread that has ended meanwhile. */
function statOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
