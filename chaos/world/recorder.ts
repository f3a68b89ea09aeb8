import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Change } from '../checker/evidence.ts'

/** Follows every change below a prefix on each member of an etcd, past all proxies, by the JSON gateway. */
export interface Recorder {
  /** All so far, in etcd's order. */
  readonly changes: readonly Change[]
  /** The newest value of each key that is there. */
  readonly now: ReadonlyMap<string, string>
  /**
   * Resolves when it has seen what etcd holds now. Throws when it has not within these milliseconds: what it saw proves
   * nothing then.
   */
  caughtUp(withinMs?: number): Promise<void>
  close(): Promise<void>
}

const kv = z.object({ key: z.string(), value: z.string().optional(), mod_revision: z.string() })
const answer = z.object({
  result: z.object({
    canceled: z.boolean().optional(),
    events: z.array(z.object({ type: z.string().optional(), kv })).optional(),
  }),
})

/** Of one range of a single key. */
const newestKey = z.object({ kvs: z.array(z.object({ mod_revision: z.string() })).optional() })

/** A watch is answered at once, before anything changes. */
const createdWithinMs = 5_000
/** Every member may be away for so long at a round's end, and must be read then. */
const catchUpMs = 30_000

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
      const silent = new AbortController()
      const giveUp = setTimeout(() => silent.abort(), createdWithinMs)
      try {
        const body = JSON.stringify({
          create_request: { key: base64(prefix), range_end: base64(endOf(prefix)), start_revision: newest + 1 },
        })
        const response = await fetch(`${endpoint}/v3/watch`, {
          method: 'POST',
          body,
          signal: AbortSignal.any([closing.signal, silent.signal]),
        })
        if (response.body === null) throw new Error('etcd sent no stream')
        let rest = ''
        const decoder = new TextDecoder()
        for await (const chunk of response.body) {
          rest += decoder.decode(z.instanceof(Uint8Array).parse(chunk), { stream: true })
          const lines = rest.split('\n')
          rest = lines.pop() ?? ''
          for (const line of lines) {
            clearTimeout(giveUp)
            const { events = [], canceled = false } = answer.parse(JSON.parse(line)).result
            // The stream of a watch that etcd gave up stays open, and says nothing more.
            if (canceled) throw new Error('etcd called the watch off')
            const away = awaySince === null ? 0 : Date.now() - awaySince
            if (events.length === 0) continue
            take(events, away + (lateness > lateFromMs ? lateness : 0))
            awaySince = null
          }
        }
      } catch {
        // Killed or stopped: it comes back.
      } finally {
        clearTimeout(giveUp)
      }
      awaySince ??= Date.now()
      await sleep(20)
    }
  }

  /** The revision of what was changed last and is still there. */
  async function held(): Promise<number> {
    const [key, end] = [base64(prefix), base64(endOf(prefix))]
    const body = JSON.stringify({ key, range_end: end, sort_order: 'DESCEND', sort_target: 'MOD', limit: 1 })
    const signal = AbortSignal.timeout(createdWithinMs)
    const answers = endpoints.map((endpoint) => fetch(`${endpoint}/v3/kv/range`, { method: 'POST', body, signal }))
    const response = await Promise.any(answers)
    return Number(newestKey.parse(await response.json()).kvs?.[0]?.mod_revision ?? 0)
  }

  const following = endpoints.map(follow)
  return {
    changes,
    now,
    async caughtUp(withinMs = catchUpMs) {
      const until = performance.now() + withinMs
      let missed = 'etcd did not answer'
      while (performance.now() < until) {
        const revision = await held().catch(() => null)
        if (revision !== null && newest >= revision) return
        if (revision !== null) missed = `etcd holds revision ${revision}, and ${newest} was the last that was seen`
        await sleep(200)
      }
      throw new Error(`the changes in etcd were not followed: ${missed}`)
    },
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
