import type { Plan } from '../domain/plan.ts'
import type { Target } from '../domain/target.ts'
import type { StoreReader } from '../ports/store.ts'
import { keys, numberIn } from '../store/keys.ts'
import { UnreadableRecord } from '../store/record.ts'
import { currentRecord, eventRecord, pointerRecord, rolloutRecord } from '../store/records.ts'
import type { Readers } from './capabilities.ts'
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
  return {
    get,
    history,
    async events(id) {
      const { entries } = await store.range(keys.events(id))
      return entries.map((entry) => eventRecord.read(entry))
    },
    async live(target) {
      const active = await store.get(keys.active(target))
      return active === null ? null : get(pointerRecord.read(active).id)
    },
    async allLive() {
      const { entries } = await store.range(keys.targets)
      const ids = entries.filter((entry) => entry.key.endsWith('/active')).map((entry) => pointerRecord.read(entry).id)
      const found = await Promise.all(ids.map(get))
      return found.filter((rollout) => rollout !== null)
    },
    async waiting() {
      const { entries } = await store.range(keys.targets)
      const found = entries.flatMap((entry) => {
        const [, tier = '', service = '', kind] = entry.key.split('/')
        const id = kind === 'queue' ? numberIn(entry.key) : null
        return id === null ? [] : [{ id, target: { service, tier } }]
      })
      const waiting = await Promise.all(
        found.map(async (one) => ({ ...one, rollout: await get(one.id).catch(unreadable) })),
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
      const { rows } = await history({ ...target, limit: lookedThrough, before: null })
      const [ended] = rows
      const well = rows.find((row) => row.phase === 'succeeded')
      const rollout = well === undefined ? null : await get(well.id)
      return {
        ended: ended === undefined ? null : { id: ended.id, at: ended.endedAt },
        well: rollout === null ? null : { id: rollout.id, units: unitsLeftBy(rollout.plan) },
      }
    },
  }
}

/** What is wanted running once all of it is done. */
const unitsLeftBy = ({ batches, others }: Plan): readonly string[] => [
  ...batches.flatMap((batch) => batch.filter((one) => one.task !== 'remove').map((one) => one.unit)),
  ...others,
]

/** One that cannot be read does not hide the others. */
function unreadable(error: unknown): null {
  if (error instanceof UnreadableRecord) return null
  throw error
}
