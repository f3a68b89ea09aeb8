import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'

/** Does something again and again, `everyMs` after it was last done, until the signal aborts. A failure is logged and tried again. */
export function repeat(
  what: string,
  everyMs: number,
  work: () => Promise<unknown>,
  parts: { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal },
): void {
  const loop = async (): Promise<void> => {
    while (!parts.signal.aborted) {
      await parts.clock.sleep(everyMs, parts.signal)
      if (parts.signal.aborted) return
      try {
        await work()
      } catch (error) {
        parts.log.warn({ err: error }, `could not ${what}; trying again later`)
      }
    }
  }
  void loop()
}
