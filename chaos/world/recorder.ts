import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Change } from '../checker/evidence.ts'

/** Follows every change below a prefix on each member of an etcd, past all proxies, by the JSON gateway. */
export interface Recorder {
  /** All so far, in etcd's order. */
  readonly changes: readonly Change[]
  /** The newest value of each key that is there. */
  readonly now: ReadonlyMap<string, string>
  close(): Promise<void>
}

const kv = z.object({ key: z.string(), value: z.string().optional(), mod_revision: z.string() })
const answer = z.object({
  result: z.object({
    events: z.array(z.object({ type: z.string().optional(), kv })).optional(),
  }),
})

/** A timer that should come so often shows by how much this process is late. */
const beatMs = 20
const lateFromMs = 25

export function startRecorder(endpoints: readonly string[], prefix: string): Recorder {
  const closing = new AbortController()
  const changes: Change[] = []
  const now = new Map<string, string>()
  let newest = 0
  let lateness = 0
  let beat = performance.now()
  const heart = setInterval(() => {
    const late = performance.now() - beat - beatMs
    beat = performance.now()
    // Forgotten slowly: what was seen late arrives in the next beats.
    lateness = Math.max(late, lateness * 0.9)
  }, beatMs)

  function take(
    events: readonly { readonly type?: string | undefined; readonly kv: z.infer<typeof kv> }[],
    slop: number,
  ): void {
    const by = Date.now()
    for (const { type, kv: pair } of events) {
      const revision = Number(pair.mod_revision)
      // Another member told it first.
      if (revision <= newest) continue
      const key = text(pair.key).slice(prefix.length)
      const value = type === 'DELETE' ? null : text(pair.value ?? '')
      changes.push({ key, value, revision, by, slop })
      if (value === null) now.delete(key)
      else now.set(key, value)
    }
    newest = Math.max(newest, ...events.map((one) => Number(one.kv.mod_revision)))
  }

  async function follow(endpoint: string): Promise<void> {
    let awaySince: number | null = null
    while (!closing.signal.aborted) {
      try {
        const body = JSON.stringify({
          create_request: { key: base64(prefix), range_end: base64(endOf(prefix)), start_revision: newest + 1 },
        })
        const response = await fetch(`${endpoint}/v3/watch`, { method: 'POST', body, signal: closing.signal })
        if (response.body === null) throw new Error('etcd sent no stream')
        let rest = ''
        const decoder = new TextDecoder()
        for await (const chunk of response.body) {
          rest += decoder.decode(z.instanceof(Uint8Array).parse(chunk), { stream: true })
          const lines = rest.split('\n')
          rest = lines.pop() ?? ''
          for (const line of lines) {
            const { events = [] } = answer.parse(JSON.parse(line)).result
            const away = awaySince === null ? 0 : Date.now() - awaySince
            if (events.length === 0) continue
            take(events, away + (lateness > lateFromMs ? lateness : 0))
            awaySince = null
          }
        }
      } catch {
        // Killed or stopped: it comes back.
      }
      awaySince ??= Date.now()
      await sleep(20)
    }
  }

  const following = endpoints.map(follow)
  return {
    changes,
    now,
    async close() {
      clearInterval(heart)
      closing.abort()
      await Promise.all(following)
    },
  }
}

const base64 = (plain: string): string => Buffer.from(plain).toString('base64')
const text = (encoded: string): string => Buffer.from(encoded, 'base64').toString()
const endOf = (prefix: string): string =>
  prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)
