import type { Readable } from 'node:stream'
import type { Clock } from '../../ports/clock.ts'

/** Bytes of output that are kept, from its end: far more than is shown, so that no secret is cut in two in what is shown. */
const keptBytes = 64 * 1024

/** Keeps the end of what comes out of the streams, in the order in which it came, however much it is. */
export function collectTail(streams: readonly Readable[]) {
  const chunks: Buffer[] = []
  let bytes = 0
  let cut = false
  const closed = streams.map((stream) => new Promise<void>((settle) => void stream.once('close', () => settle())))
  for (const stream of streams) {
    stream.on('error', () => undefined)
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      bytes += chunk.length
      for (let [first] = chunks; first !== undefined && bytes - first.length >= keptBytes; [first] = chunks) {
        chunks.shift()
        bytes -= first.length
        cut = true
      }
    })
  }
  return {
    written: () => ({ output: Buffer.concat(chunks).toString('utf8'), cut }),
    /** Resolves when all was read, or after `limitMs`; nothing is read any more then. */
    async drained(limitMs: number, clock: Clock): Promise<void> {
      const done = new AbortController()
      await Promise.race([Promise.all(closed), clock.sleep(limitMs, done.signal)])
      done.abort()
      for (const stream of streams) stream.destroy()
    },
  }
}
