import type { LeftCopy } from '../domain/drift.ts'
import { oldCopiesOf } from '../domain/old-copies.ts'
import type { Plan } from '../domain/plan.ts'
import type { Rollout } from '../domain/rollout.ts'
import type { Target } from '../domain/target.ts'
import type { Entry, StoreReader } from '../ports/store.ts'
import { keys, numberIn } from '../store/keys.ts'
import { readEach, unreadableIn, whole } from '../store/record.ts'
import { currentRecord, eventRecord, placeRecord, pointerRecord, rolloutRecord } from '../store/records.ts'
import type { Readers, Waiting } from './capabilities.ts'
import { readHistory, type HistoryIndex, type LastRows } from './history-pages.ts'

/** How many ended rollouts are looked through for one that succeeded. */
const lookedThrough = 20

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
      const { entries } = await store.range(keys.targets)
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
      const { entries } = await store.range(keys.targets)
      const waiting = await Promise.all(
        entries.flatMap((entry) => {
          const id = entry.key.split('/')[3] === 'queue' ? numberIn(entry.key) : null
          return id === null ? [] : waitingAt(entry, id)
        }),
      )
      return waiting.sort((a, b) => a.id - b.id)
    },
    async lastGood(target) {
      const entry = await store.get(keys.current(target))
      if (entry === null) return null
      const { id, at, by, release } = currentRecord.read(entry)
      return { id, at, by: by.name === null ? by.id : `@${by.name}`, release }
    },
    async left(target) {
      const { rows, unreadable } = await history({ ...target, limit: lookedThrough, before: null })
      whole({ records: rows, unreadable })
      const [ended] = rows
      const well = rows.find((row) => row.phase === 'succeeded')
      const rollout = well === undefined ? null : await get(well.id)
      const last = ended === undefined || ended.id === well?.id ? rollout : await get(ended.id)
      const left = rollout === null ? null : { id: rollout.id, units: unitsLeftBy(rollout.plan) }
      // One that ended in the queue has no driver, and changed nothing.
      const meant = last === null || last.driver === null ? left : { id: last.id, units: unitsMeantBy(last) }
      return {
        ended: ended === undefined ? null : { id: ended.id, at: ended.endedAt },
        well: left,
        meant,
        copies: copiesLeftBy(last?.driver === null ? rollout : last),
      }
    },
  }
}

/** What is wanted running once all of it is done. */
const unitsLeftBy = ({ batches, others }: Plan): readonly string[] => [
  ...batches.flatMap((batch) => batch.filter((one) => one.task !== 'remove').map((one) => one.unit)),
  ...others,
]

const copiesLeftBy = (rollout: Rollout | null): readonly LeftCopy[] =>
  rollout === null ? [] : oldCopiesOf(rollout).map(({ unit, machine, ip }) => ({ id: rollout.id, unit, machine, ip }))

/** Those that should exist after it, as far as it came: what it was to add or to remove counts once that was done. */
const unitsMeantBy = ({ instances, plan }: Rollout): readonly string[] => [
  ...instances.flatMap(({ unit, task, stage }) => {
    const isThere = task === 'add' ? stage === 'done' : task === 'remove' ? stage !== 'done' : task !== 'take-back'
    return isThere ? [unit] : []
  }),
  ...plan.others,
]

/** Of a key below `targets/`. */
function targetIn(key: string): Target {
  const [, tier = '', service = ''] = key.split('/')
  return { service, tier }
}
