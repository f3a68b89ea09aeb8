import type { LeftCopy } from '../domain/drift.ts'
import type { HistoryRow } from '../domain/history.ts'
import { meantBy, untouchedIn } from '../domain/meant.ts'
import { oldCopiesOf } from '../domain/old-copies.ts'
import type { Rollout } from '../domain/rollout.ts'
import type { Target } from '../domain/target.ts'
import type { Unreadable } from '../domain/unreadable.ts'
import type { Entry, StoreReader } from '../ports/store.ts'
import { keys, numberIn } from '../store/keys.ts'
import { readEach, unreadableIn } from '../store/record.ts'
import { currentRecord, eventRecord, placeRecord, pointerRecord, rolloutRecord } from '../store/records.ts'
import type { Readers, Waiting } from './capabilities.ts'
import { readTargets } from '../store/target-pages.ts'
import { readHistory, type HistoryIndex, type LastRows } from './history-pages.ts'

/** How many ended rollouts are looked through for one that succeeded. */
const lookedThrough = 20
/** A person's thread may show many rollouts, one after the other. */
const mostInThread = 20

/** Rollouts as the store has them. Every call throws `StoreUnavailable` and `UnreadableRecord`. */
export function createRolloutReader(store: StoreReader, targets: readonly Target[]): Readers['rollouts'] {
  const lastRows: LastRows = new Map()
  const get = async (id: number) => {
    const entry = await store.get(keys.rollout(id))
    return entry === null ? null : rolloutRecord.read(entry)
  }
  const history: Readers['rollouts']['history'] = ({ service, tier, limit, before }) => {
    const asked = targets.filter(
      (one) => (service === null || one.service === service) && (tier === null || one.tier === tier),
    )
    const indexes: readonly HistoryIndex[] =
      service === null && tier === null
        ? [{ name: 'all', counter: keys.historyCounter(null), prefix: keys.historiesAll }]
        : asked.map((one) => ({
            name: `${one.tier}/${one.service}`,
            counter: keys.historyCounter(one),
            prefix: keys.histories(one),
          }))
    return readHistory(store, indexes, limit, before, lastRows)
  }
  async function waitingAt(entry: Entry, id: number): Promise<Waiting> {
    const target = targetIn(entry.key)
    try {
      const rollout = await get(id)
      const [unreadable = null] = readEach([entry], placeRecord).unreadable
      return { id, target, rollout, unreadable }
    } catch (error) {
      return { id, target, rollout: null, unreadable: unreadableIn(error) }
    }
  }
  return {
    get,
    history,
    async events(id) {
      const { entries } = await store.range(keys.events(id))
      return readEach(entries, eventRecord)
    },
    async live(target) {
      const active = await store.get(keys.active(target))
      return active === null ? null : get(pointerRecord.read(active).id)
    },
    async allLive() {
      const entries = await readTargets(store, keys.targets)
      const active = entries.filter((entry) => entry.key.endsWith('/active'))
      const found = await Promise.all(
        active.map(async (entry) => {
          try {
            return { entry, rollout: await get(pointerRecord.read(entry).id), fault: null }
          } catch (error) {
            return { entry, rollout: null, fault: unreadableIn(error) }
          }
        }),
      )
      return {
        records: found.flatMap(({ rollout }) => rollout ?? []),
        unreadable: found.flatMap(({ fault }) => fault ?? []),
        hidden: found.flatMap(({ entry, fault }) => (fault === null ? [] : targetIn(entry.key))),
      }
    },
    async waiting() {
      const entries = await readTargets(store, keys.targets)
      const waiting = await Promise.all(
        entries.flatMap((entry) => {
          const id = entry.key.split('/')[3] === 'queue' ? numberIn(entry.key) : null
          return id === null ? [] : waitingAt(entry, id)
        }),
      )
      return waiting.sort((a, b) => a.id - b.id)
    },
    async inThread({ channel, thread }) {
      if (thread === null) return []
      const { entries } = await store.range(keys.threadsAt(channel, thread), { keysOnly: true })
      const ids = entries.flatMap(({ key }) => numberIn(key) ?? []).slice(-mostInThread)
      const found = await Promise.all(ids.map(get))
      return found.filter((rollout) => rollout !== null)
    },
    async lastGood(target) {
      const entry = await store.get(keys.current(target))
      if (entry === null) return null
      const { id, at, by, release } = currentRecord.read(entry)
      return { id, at, by: by.name === null ? by.id : `@${by.name}`, release }
    },
    async left(target) {
      const page = await history({ ...target, limit: lookedThrough, before: null })
      const rows = page.rows.filter(({ phase }) => !neverBegan.has(phase))
      const { rollouts, unreadable } = await untilSuccess(rows, get)
      const faults = [...page.unreadable, ...unreadable]
      const last = rollouts.find((rollout) => rollout.instances.some((one) => one.stage !== 'waiting'))
      return {
        ended: rows[0] ?? null,
        // Nobody knows what an unreadable record would change.
        meant: faults.length > 0 ? null : meantBy(rollouts.toReversed()),
        copies: last === undefined ? [] : copiesLeftBy(last),
        unreadable: faults,
      }
    },
  }
}

/** A rollout that left the queue without having begun is no attempt. */
const neverBegan: ReadonlySet<string> = new Set(['cancelled'])

/** The newest rollouts first, to the one that says all: a success, and further for the instances that this one left out. */
async function untilSuccess(
  rows: readonly HistoryRow[],
  get: (id: number) => Promise<Rollout | null>,
): Promise<{ readonly rollouts: readonly Rollout[]; readonly unreadable: readonly Unreadable[] }> {
  const rollouts: Rollout[] = []
  let open: readonly string[] | null = null
  for (const row of rows) {
    if (open?.length === 0) break
    try {
      const rollout = await get(row.id)
      if (rollout === null) break
      rollouts.push(rollout)
      if (row.phase === 'succeeded') open ??= untouchedIn(rollout)
      open = open?.filter((unit) => !rollout.instances.some((one) => one.unit === unit)) ?? null
    } catch (error) {
      return { rollouts, unreadable: [unreadableIn(error)] }
    }
  }
  return { rollouts, unreadable: [] }
}

const copiesLeftBy = (rollout: Rollout): readonly LeftCopy[] =>
  oldCopiesOf(rollout).map(({ unit, machine, ip }) => ({ id: rollout.id, unit, machine, ip }))

/** Of a key below `targets/`. */
function targetIn(key: string): Target {
  const [, tier = '', service = ''] = key.split('/')
  return { service, tier }
}
