import type { Change, StoreReader } from '../ports/store.ts'
import { StoreUnavailable } from '../ports/store.ts'
import { UnreadableRecord } from '../store/record.ts'
import type { Clock } from '../ports/clock.ts'
import { chainEnd, chainKeys, endAt, seqOf, verifyChain, type ChainKeys, type ChainName } from './chain.ts'

/** The end and the beginning of a chain, as far as its watcher has seen them. */
export interface ChainBounds {
  /** Number of the last record. */
  readonly head: number
  /** Number of the last record that was cut off. */
  readonly checkpoint: number
}

export type Judged =
  | { readonly kind: 'fine'; readonly bounds: ChainBounds }
  | { readonly kind: 'changed'; readonly why: string; readonly bounds: ChainBounds }
  /** A record went away that the checkpoint may have moved past meanwhile. */
  | { readonly kind: 'ask-checkpoint'; readonly seq: number; readonly bounds: ChainBounds }

/** Whether a change of a chain is one that Opsee makes: it only appends, and cuts the oldest off behind a checkpoint. Pure. */
export function judgeChange(keys: ChainKeys, bounds: ChainBounds, change: Change): Judged {
  const changed = (why: string): Judged => ({ kind: 'changed', why, bounds })
  const fine = (more: Partial<ChainBounds> = {}): Judged => ({ kind: 'fine', bounds: { ...bounds, ...more } })
  if (change.kind === 'relist') return fine()
  if (change.kind === 'deleted') {
    const seq = seqOf(keys, change.key)
    if (seq !== null) return seq <= bounds.checkpoint ? fine() : { kind: 'ask-checkpoint', seq, bounds }
    if (change.key === keys.head) return changed('its head was deleted')
    return change.key === keys.checkpoint ? changed('its checkpoint was deleted') : fine()
  }
  const { entry } = change
  const seq = seqOf(keys, entry.key)
  if (seq !== null) return entry.created === entry.modified ? fine() : changed(`record ${seq} was rewritten`)
  if (entry.key !== keys.head && entry.key !== keys.checkpoint) return fine()
  const what = entry.key === keys.head ? 'head' : 'checkpoint'
  let end: number
  try {
    end = chainEnd.read(entry).seq
  } catch (error) {
    if (error instanceof UnreadableRecord) return changed(`its ${what} is unreadable`)
    throw error
  }
  if (end < bounds[what]) return changed(`its ${what} was set back from record ${bounds[what]} to ${end}`)
  return fine({ [what]: end })
}

/** After the start, so that it delays nobody, and then again each time. In milliseconds. */
const firstVerifyMs = 60_000
const verifyEveryMs = 6 * 3_600_000
const againMs = 5000

interface WatchDeps {
  readonly store: StoreReader
  readonly chain: ChainName
  readonly clock: Clock
  /** Hears of each change from outside, in words for a person. */
  readonly found: (why: string) => void
  readonly signal: AbortSignal
}

/** Follows the changes of a chain until the signal aborts, and reads all of it now and then. Never rejects. */
export async function watchChain(deps: WatchDeps): Promise<void> {
  await Promise.all([followChanges(deps), verifyNowAndThen(deps)])
}

async function followChanges({ store, chain, clock, found, signal }: WatchDeps): Promise<void> {
  const keys = chainKeys[chain]
  while (!signal.aborted) {
    try {
      const { revision } = await store.range(keys.records, { limit: 1, keysOnly: true })
      const [head, checkpoint] = await Promise.all([endAt(store, keys.head), endAt(store, keys.checkpoint)])
      let bounds: ChainBounds = { head: head.seq, checkpoint: checkpoint.seq }
      for await (const change of store.watch(keys.records, revision, signal)) {
        if (change.kind === 'relist') break
        const judged = judgeChange(keys, bounds, change)
        bounds = judged.bounds
        if (judged.kind === 'changed') found(judged.why)
        if (judged.kind !== 'ask-checkpoint') continue
        const now = await endAt(store, keys.checkpoint)
        bounds = { ...bounds, checkpoint: Math.max(bounds.checkpoint, now.seq) }
        if (judged.seq > now.seq) found(`record ${judged.seq} was deleted`)
      }
    } catch (error) {
      if (error instanceof UnreadableRecord) found(`it cannot be read: ${error.message}`)
      else if (!(error instanceof StoreUnavailable)) throw error
      await clock.sleep(againMs, signal)
    }
  }
}

async function verifyNowAndThen({ store, chain, clock, found, signal }: WatchDeps): Promise<void> {
  await clock.sleep(firstVerifyMs, signal)
  while (!signal.aborted) {
    try {
      const verified = await verifyChain(store, undefined, chain)
      if (verified.kind === 'broken') found(verified.why.replace(/\.$/, ''))
    } catch (error) {
      if (error instanceof UnreadableRecord) found(`it cannot be read: ${error.message}`)
      else if (!(error instanceof StoreUnavailable)) throw error
    }
    await clock.sleep(verifyEveryMs, signal)
  }
}
