import { setTimeout as sleep } from 'node:timers/promises'

/** Long, because the machine may be busy: what is awaited comes at once on a quiet one. */
const patienceMs = 300_000
const usualMs = 150

/**
 * Asks again until there is an answer that is neither null nor undefined. Rejects after five minutes, with what `instead`
 * shows.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | null | undefined>,
  instead: () => Promise<string> | string = () => '',
  everyMs = usualMs,
): Promise<T> {
  const end = performance.now() + patienceMs
  for (;;) {
    const found = await ask()
    if (found !== null && found !== undefined) return found
    if (performance.now() > end) throw new Error(`waited ${patienceMs / 1000} s for: ${what}\n\n${await instead()}`)
    await sleep(everyMs)
  }
}
