import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../../../src/adapters/system/clock.ts'
import { createEtcdStore, type EtcdStore } from '../../../src/adapters/etcd/store.ts'
import type { EtcdOptions } from '../../../src/adapters/etcd/options.ts'
import type { Change, StoreReader, Transaction } from '../../../src/ports/store.ts'
import { startStopwatch } from '../../support/stopwatch.ts'

/** A store on these endpoints; the caller closes it. */
export function storeAt(endpoints: string | readonly string[], more: Partial<EtcdOptions> = {}): EtcdStore {
  return createEtcdStore({
    endpoints: typeof endpoints === 'string' ? [endpoints] : endpoints,
    prefix: '/test',
    timeoutMs: 15_000,
    clock: systemClock,
    ...more,
  })
}

/** A transaction that makes one key. */
export function create(key: string, value: string): Transaction {
  return { require: [{ kind: 'absent', key }], puts: [{ key, value }] }
}

/** etcd's JSON gateway: what an operator, or another program, does to the store behind our back. */
export async function operate(endpoint: string, path: string, body: object, token?: string): Promise<unknown> {
  const response = await fetch(`${endpoint}/v3/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: token === undefined ? {} : { authorization: token },
    signal: AbortSignal.timeout(5000),
  })
  const answer: unknown = await response.json()
  if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`)
  return answer
}

export const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** Follows a watch into an array; `until` waits for a length or a kind of change and fails when it does not come. */
export function follow(store: StoreReader, prefix: string, fromRevision: string) {
  const changes: Change[] = []
  const stop = new AbortController()
  const done = (async () => {
    for await (const change of store.watch(prefix, fromRevision, stop.signal)) changes.push(change)
  })()
  return {
    changes,
    until: (is: (changes: readonly Change[]) => boolean, limitMs = 40_000) =>
      eventually(
        () => is(changes),
        limitMs,
        () => `the watch has ${changes.length} changes`,
      ),
    async end(): Promise<void> {
      stop.abort()
      await done
    },
  }
}

export async function eventually(
  is: () => boolean | Promise<boolean>,
  limitMs = 40_000,
  state: () => string = () => 'it never came true',
): Promise<void> {
  const limit = performance.now() + limitMs
  while (!(await is())) {
    if (performance.now() > limit) throw new Error(`after ${limitMs} ms: ${state()}`)
    await wait(5)
  }
}

/** Resolves to how the call ended and how long it took, as `startStopwatch` measures. Never rejects. */
export async function timed<T>(call: Promise<T>): Promise<{ ms: number; value?: T; error?: unknown }> {
  const elapsed = startStopwatch()
  try {
    return { value: await call, ms: elapsed() }
  } catch (error) {
    return { error, ms: elapsed() }
  }
}
