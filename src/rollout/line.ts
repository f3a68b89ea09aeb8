import type { WaitsFor } from '../domain/rollout.ts'
import { sameTarget, type Target } from '../domain/target.ts'
import type { Entry } from '../ports/store.ts'
import { keys, numberIn } from '../store/keys.ts'
import { unreadableIn, UnreadableRecord } from '../store/record.ts'
import { placeRecord, pointerRecord, type QueuePlace } from '../store/records.ts'

/** Who rolls and who waits in one tier, at one revision of the store. */
export interface Line {
  readonly running: readonly Running[]
  /** Oldest first: ids are counted, so a later one never gets in front. */
  readonly waiting: readonly Waiter[]
}

interface Running {
  readonly target: Target
  /** Its number, or why that cannot be read: then the target is taken by a rollout that nobody can name. */
  readonly id: number | UnreadableRecord
}

export interface Waiter {
  readonly id: number
  readonly target: Target
  readonly entry: Entry
  /** Null when its record cannot be read: it keeps its place, and is waited for by those behind it alone. */
  readonly place: QueuePlace | null
}

/** What a rollout's turn is: to wait, in the words that its thread shows, or now. */
export type Turn = Extract<WaitsFor, { kind: 'turn' | 'limit' }> | { readonly kind: 'now' }

/** Reads a range of `targets/` or of one tier's part of it. An unreadable record stops its own target alone. */
export function lineIn(entries: readonly Entry[], tier: string): Line {
  const running: Line['running'][number][] = []
  const waiting: Waiter[] = []
  for (const entry of entries) {
    const [root, entryTier, service = '', kind] = entry.key.split('/')
    if (`${root}/` !== keys.targets || entryTier !== tier) continue
    const target = { service, tier }
    if (kind === 'active') running.push({ id: idIn(entry), target })
    const id = kind === 'queue' ? numberIn(entry.key) : null
    if (id !== null) waiting.push({ id, target, entry, place: readPlace(entry) })
  }
  return { running, waiting: waiting.sort((a, b) => a.id - b.id) }
}

function idIn(entry: Entry): Running['id'] {
  try {
    return pointerRecord.read(entry).id
  } catch (error) {
    return unreadableIn(error)
  }
}

function readPlace(entry: Entry): QueuePlace | null {
  try {
    return placeRecord.read(entry)
  } catch {
    return null
  }
}

export const queueOf = (line: Line, target: Target): readonly Waiter[] =>
  line.waiting.filter((one) => sameTarget(one.target, target))

export const runningOn = (line: Line, target: Target): Running['id'] | null =>
  line.running.find((one) => sameTarget(one.target, target))?.id ?? null

/** One that asks for confirmation after a failure keeps its place, and those behind it do not wait for it. */
export const yields = ({ place }: Waiter): boolean => place?.yields === true

/**
 * Whether a rollout may begin. `id` is its number, or what its number would be: all that came before it on its target go
 * first, and where the tier's limit is reached, all that could begin there and came before. Throws `UnreadableRecord` when
 * the record of what rolls on the target cannot be read.
 */
export function turnOf(line: Line, target: Target, id: number, limit: number | null): Turn {
  const ahead = queueOf(line, target).filter((one) => one.id < id && !yields(one))
  const live = runningOn(line, target)
  if (live instanceof UnreadableRecord) throw live
  if (live !== null || ahead.length > 0) return { kind: 'turn', live, ahead: ahead.map((one) => one.id) }
  if (limit === null) return { kind: 'now' }
  const before = headsBefore(line, id)
  return line.running.length + before.length < limit ? { kind: 'now' } : { kind: 'limit', limit, before }
}

/** The first in line of each target that is free and not stuck, where it came before. */
function headsBefore(line: Line, id: number): number[] {
  const seen = new Set<string>()
  const heads: number[] = []
  for (const one of line.waiting) {
    if (one.id >= id) break
    if (yields(one)) continue
    if (seen.has(one.target.service)) continue
    seen.add(one.target.service)
    if (runningOn(line, one.target) === null && one.place?.stuck === false) heads.push(one.id)
  }
  return heads
}
