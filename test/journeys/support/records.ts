import { etcdPrefix } from '../../../demo/demo/stage.ts'
import type { EtcdHttp } from '../../../demo/shop/etcd-http.ts'
import { auditRecord, type AuditRecord } from '../../../src/authorization/chain.ts'
import type { RolloutEvent } from '../../../src/domain/event.ts'
import type { HistoryRow } from '../../../src/domain/history.ts'
import { isOver, type Rollout } from '../../../src/domain/rollout.ts'
import { threadRecord, type Thread } from '../../../src/narrator/thread-record.ts'
import type { Entry } from '../../../src/ports/store.ts'
import { keys } from '../../../src/store/keys.ts'
import { counterRecord, eventRecord, historyRecord, rolloutRecord } from '../../../src/store/records.ts'
import { until } from './until.ts'

/** The bot's records, read beside it through etcd's own gateway. */
export interface Records {
  /** Number of the newest rollout; 0 when there is none. */
  newest(): Promise<number>
  rollout(id: number): Promise<Rollout>
  events(id: number): Promise<readonly RolloutEvent[]>
  thread(id: number): Promise<Thread | null>
  history(): Promise<readonly HistoryRow[]>
  audit(): Promise<readonly AuditRecord[]>
  /** Waits for the first rollout with a number above `id`. */
  after(id: number): Promise<Rollout>
  /** Waits until a rollout is there and is so. */
  reached(id: number, what: string, holds: (rollout: Rollout) => boolean): Promise<Rollout>
  /** Waits until it has ended and its thread has been told to its end. */
  told(id: number): Promise<Rollout>
  /** Key and value exactly as they lie in etcd. */
  raw(key: string): Promise<string | null>
  put(key: string, value: string): Promise<void>
  remove(key: string): Promise<void>
}

export function recordsIn(etcd: EtcdHttp): Records {
  const raw = (key: string): Promise<string | null> => etcd.get(`${etcdPrefix}${key}`)
  const get = async (key: string): Promise<Entry | null> => {
    const value = await raw(key)
    return value === null ? null : entryOf(key, value)
  }
  const range = async (below: string): Promise<Entry[]> =>
    (await etcd.range(`${etcdPrefix}${below}`)).map(({ key, value }) => entryOf(key.slice(etcdPrefix.length), value))

  const find = async (id: number): Promise<Rollout | null> => {
    const entry = await get(keys.rollout(id))
    return entry === null ? null : rolloutRecord.read(entry)
  }

  const records: Records = {
    raw,
    put: (key, value) => etcd.put(`${etcdPrefix}${key}`, value),
    remove: (key) => etcd.remove(`${etcdPrefix}${key}`),
    async newest() {
      const entry = await get(keys.rolloutCounter)
      return entry === null ? 0 : counterRecord.read(entry).last
    },
    async rollout(id) {
      const rollout = await find(id)
      if (rollout === null) throw new Error(`there is no rollout ${id}`)
      return rollout
    },
    events: async (id) => (await range(keys.events(id))).map((entry) => eventRecord.read(entry)),
    async thread(id) {
      const entry = await get(keys.thread(id))
      return entry === null ? null : threadRecord.read(entry)
    },
    history: async () => (await range(keys.historiesAll)).map((entry) => historyRecord.read(entry)),
    audit: async () =>
      [...(await range('audit/')), ...(await range('denials/'))]
        .filter(({ key }) => /\d{12}$/.test(key))
        .map((entry) => auditRecord.read(entry)),
    after: async (id) => {
      const found = await until(`a rollout after ${id}`, async () => ((await records.newest()) > id ? id + 1 : null))
      return records.rollout(found)
    },
    reached: (id, what, holds) =>
      until(
        `rollout ${id} ${what}`,
        async () => {
          const rollout = await find(id)
          return rollout !== null && holds(rollout) ? rollout : null
        },
        () => story(records, id),
      ),
    told: (id) =>
      until(
        `rollout ${id} told to its end`,
        async () => {
          const [rollout, telling] = await Promise.all([find(id), raw(keys.telling(id))])
          return rollout !== null && isOver(rollout) && telling === null ? rollout : null
        },
        () => story(records, id),
      ),
  }
  return records
}

/** Revisions are not known here, and nothing here compares them. */
const entryOf = (key: string, value: string): Entry => ({ key, value, modified: '0', created: '0' })

async function story(records: Records, id: number): Promise<string> {
  const [rollout, events, thread] = await Promise.all([records.rollout(id), records.events(id), records.thread(id)])
  return [
    ...events.map((event) => JSON.stringify(event)),
    JSON.stringify({ ...rollout, plan: rollout.plan.hash }, null, 1),
    JSON.stringify(thread),
  ].join('\n')
}
