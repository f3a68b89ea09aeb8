import { createAnnouncing } from './announce.ts'
import { createReceiving } from './receive.ts'

/** What comes in from outside of the chat, and what is told there. */
export function createHooks(
  parts: Parameters<typeof createReceiving>[0] & Parameters<typeof createAnnouncing>[0],
  lookMs: number,
) {
  const receiving = createReceiving(parts, lookMs)
  const announcing = createAnnouncing(parts, lookMs)
  return {
    arrived: receiving.arrived,
    start(): void {
      receiving.start()
      announcing.start()
    },
    async stop(withinMs: number): Promise<void> {
      await Promise.all([receiving.stop(withinMs), announcing.stop(withinMs)])
    },
  }
}
