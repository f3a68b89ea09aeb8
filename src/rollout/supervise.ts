import type { Clock } from '../ports/clock.ts'
import { isOver, isWaiting } from '../domain/rollout.ts'
import type { Target } from '../domain/target.ts'
import type { SchedulerReader, SchedulerWriter } from '../ports/scheduler.ts'
import type { Entry, StoreReader } from '../ports/store.ts'
import type { WorkSource } from '../services/claimed-work.ts'
import { keys, numberIn } from '../store/keys.ts'
import { pointerRecord } from '../store/records.ts'
import { readTargets } from '../store/target-pages.ts'
import { drive, type DriverParts } from './driver.ts'
import type { Journal, Ownership } from './journal.ts'
import { waitInLine, type WaitParts } from './wait-in-line.ts'

export interface SupervisorParts extends Omit<DriverParts, 'scheduler'>, WaitParts {
  readonly store: StoreReader
  readonly journal: Journal
  readonly clock: Clock
  readonly schedulerOf: (tier: string) => SchedulerReader & SchedulerWriter
  /** `Patience.stuckMs` of one target. */
  readonly stuckMsOf: (target: Target) => number
  /** Names this process in events: a host and a pid. */
  readonly driver: string
}

/** Rollouts that live or wait, and that nobody drives, as work to be claimed. */
export function rolloutWork(parts: SupervisorParts): WorkSource<Ownership> {
  const { store, journal, log } = parts
  /** Places of the queues, as the last look saw them. */
  const places = new Map<number, Entry>()
  return {
    what: 'rollout',
    async unclaimed() {
      const [targets, owners] = await Promise.all([
        readTargets(store, keys.targets),
        store.range(keys.owners, { keysOnly: true }),
      ])
      const driven = new Set(owners.entries.map((entry) => numberIn(entry.key)))
      const open: number[] = []
      places.clear()
      for (const entry of targets) {
        const queued = entry.key.split('/')[3] === 'queue' ? numberIn(entry.key) : null
        if (queued !== null) {
          open.push(queued)
          places.set(queued, entry)
        }
        if (!entry.key.endsWith('/active')) continue
        try {
          open.push(pointerRecord.read(entry).id)
        } catch (error) {
          log.error({ err: error }, 'a target cannot be looked after')
        }
      }
      return open.filter((id) => !driven.has(id))
    },
    claim: (id, lease) => journal.claim(id, lease, parts.driver),
    async work(own, _lease, stop) {
      const loaded = await journal.load(own.id)
      const place = places.get(own.id)
      if (place !== undefined && (loaded === null || isOver(loaded.rollout))) {
        if (!(await journal.forgetPlace(own, place, loaded))) return 'unreadable'
        log.warn({ rollout: own.id, key: place.key }, 'a place in a queue was removed: its rollout is gone or over')
        return 'forgotten'
      }
      if (loaded === null) return 'unreadable'
      if (isWaiting(loaded.rollout)) {
        const waited = await waitInLine(own, parts, stop)
        if (waited !== 'begun') return waited
      }
      const { plan } = loaded.rollout
      const patience = { ...parts.patience, stuckMs: parts.stuckMsOf(plan) }
      return drive(own, { ...parts, scheduler: parts.schedulerOf(plan.tier), patience }, parts.driver, stop)
    },
  }
}
