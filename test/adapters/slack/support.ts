import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../../src/ports/clock.ts'
import type { Log } from '../../../src/ports/log.ts'

export const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
  },
}

export interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

/** A log that keeps its lines. */
export function keptLog(): Log & { readonly lines: Line[] } {
  const lines: Line[] = []
  const at = (level: Line['level']) => (fields: Line['fields'], message: string) => {
    lines.push({ level, fields, message })
  }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** Resolves with what `look` found; rejects after `ms` when it found nothing. */
export async function eventually<T>(look: () => Promise<T | undefined> | T | undefined, ms = 5_000): Promise<T> {
  const until = performance.now() + ms
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > until) throw new Error(`not seen within ${ms} ms`)
    await sleep(10)
  }
}
