import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Entry, StoreReader } from '../ports/store.ts'
import { recordType, UnreadableRecord } from '../store/record.ts'
import { rights } from './rights.ts'

/**
 * The audit log: two chains of records, each record with the SHA-256 of the stored bytes of the one before it, so that
 * none can be changed, taken out or put in unseen. `head` holds the last number and hash; old records are cut off
 * at `checkpoint`, which is bound into the chain by a record of kind `pruned`.
 *
 * - `grants` are under `audit/`: what was allowed, and its outcome. Records from before the chains were parted are there
 *   too, denials among them.
 * - `denials` are under `denials/`: what was denied or refused. They have a retention of their own, so that a flood of
 *   denials never removes a grant.
 */
export const chainNames = ['grants', 'denials'] as const
export type ChainName = (typeof chainNames)[number]

export interface ChainKeys {
  record(seq: number): string
  readonly records: string
  readonly head: string
  readonly checkpoint: string
  /** Up to where the idempotency keys of old requests were deleted. */
  readonly expired: string
  /** Changes from outside that people were told of. */
  readonly alarm: string
}

const keysBelow = (prefix: string): ChainKeys => ({
  record: (seq) => `${prefix}/${String(seq).padStart(12, '0')}`,
  records: `${prefix}/`,
  head: `${prefix}/head`,
  checkpoint: `${prefix}/checkpoint`,
  expired: `${prefix}/requests-expired`,
  alarm: `${prefix}/alarm`,
})

export const chainKeys: Readonly<Record<ChainName, ChainKeys>> = {
  grants: keysBelow('audit'),
  denials: keysBelow('denials'),
}

export const auditKeys = {
  ...chainKeys.grants,
  /** Any text may be a request's key; its hash is always a good key of the store. */
  request: (key: string) => `requests/${hashOf(key)}`,
} as const

/** The number of a record by its key; null for other keys of the chain. */
export const seqOf = (keys: ChainKeys, key: string): number | null => {
  const digits = key.startsWith(keys.records) ? /^\d{12}$/.exec(key.slice(keys.records.length))?.[0] : undefined
  return digits === undefined ? null : Number(digits)
}

/** `team` is that of a person of another organisation. */
const person = z.strictObject({ id: z.string(), name: z.string().nullable(), team: z.string().optional() })
const scope = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('target'), target: z.strictObject({ service: z.string(), tier: z.string() }) }),
  z.strictObject({ kind: z.literal('tier'), tier: z.string() }),
  z.strictObject({ kind: z.literal('shop') }),
])

const demanded = z.strictObject({
  right: z.enum(rights),
  scope,
  owner: z.string().nullable(),
  tag: z.string().optional(),
  rolls: z.enum(['deploy', 'restart', 'rollback', 'promote', 'scale']).optional(),
})

const endSchema = z.strictObject({ seq: z.int().min(0), hash: z.string() })

const fact = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('decision'),
    decision: z.enum(['allowed', 'denied']),
    actor: person,
    demands: z.array(demanded).min(1),
    /** As typed, secrets masked. */
    command: z.string(),
    source: z.string(),
    place: z.strictObject({ channel: z.string(), thread: z.string().nullable() }),
    /** Idempotency key of the request. */
    request: z.string(),
    /** The `@id`s that decided. */
    policies: z.array(z.string()),
    /** What the person was told; null when it was allowed. */
    denial: z.string().nullable(),
  }),
  z.strictObject({
    kind: z.literal('outcome'),
    /** Number of the decision that this is the outcome of. */
    of: z.int(),
    outcome: z.string(),
    rollouts: z.array(z.int()),
    /** What the person was told, secrets masked and cut. */
    summary: z.string(),
  }),
  z.strictObject({
    kind: z.literal('pruned'),
    /** The last record that was deleted, and its hash. */
    through: z.int(),
    hash: z.string(),
  }),
  z.strictObject({
    kind: z.literal('disturbed'),
    /** What was changed from outside of Opsee: a sentence for a person. */
    why: z.string(),
    /** The last record that the process knew, where the end of the chain was set back. */
    expected: endSchema.nullable(),
    /** The end that it found instead; null when there was none. */
    found: endSchema.nullable(),
  }),
  z.strictObject({
    kind: z.literal('turned-away'),
    actor: person,
    /** Commands that were refused because they were too many, before anything was asked. */
    count: z.int().min(1),
    /** Of the first and the last of them, in milliseconds since the epoch. */
    from: z.int(),
    to: z.int(),
  }),
])

const linkSchema = z.strictObject({
  seq: z.int().min(1),
  /** Hash of the stored text of the record before this one; zeros before the first. */
  prev: z.string(),
  /** Milliseconds since the epoch. */
  at: z.int(),
  fact,
})

export type AuditFact = z.infer<typeof fact>
export type AuditRecord = z.infer<typeof linkSchema>
/** The number of a record and the hash of its stored text. */
export type ChainEnd = z.infer<typeof endSchema>

export const auditRecord = recordType(linkSchema)
export const chainEnd = recordType(endSchema)
export const noRecord: ChainEnd = { seq: 0, hash: '0'.repeat(64) }

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

export type Verified =
  /** Every record from `first` to `last` follows from the one before it; nothing at all when `last` is 0. */
  | { readonly kind: 'intact'; readonly first: number; readonly last: ChainEnd }
  /** `seq` is the first record that does not fit. `why` is a sentence for a person. */
  | { readonly kind: 'broken'; readonly seq: number; readonly why: string }

/** Reads the whole chain, `pageSize` records at a time, from the checkpoint to the head. Rejects with `StoreUnavailable`. */
export async function verifyChain(store: StoreReader, pageSize = 500, chain: ChainName = 'grants'): Promise<Verified> {
  const keys = chainKeys[chain]
  const before = await endAt(store, keys.checkpoint)
  const verified = await verifyFrom(store, before, pageSize, keys)
  if (verified.kind === 'intact') return verified
  // Old records may have been cut off while this read: then it was no fault.
  const after = await endAt(store, keys.checkpoint)
  return after.seq === before.seq ? verified : verifyFrom(store, after, pageSize, keys)
}

async function verifyFrom(store: StoreReader, start: ChainEnd, pageSize: number, keys: ChainKeys): Promise<Verified> {
  const head = await endAt(store, keys.head)
  let end = start
  let lastPruned: ChainEnd | null = null
  for (;;) {
    const page = await store.range(keys.records, { after: keys.record(end.seq), limit: pageSize })
    const records = page.entries.filter((entry) => seqOf(keys, entry.key) !== null)
    for (const entry of records) {
      const link = checkLink(entry, end, keys)
      if (link.kind === 'broken') return link
      end = link.end
      if (link.record.fact.kind === 'pruned') {
        lastPruned = { seq: link.record.fact.through, hash: link.record.fact.hash }
      }
    }
    if (!page.more || records.length === 0) break
  }
  if (end.seq < head.seq) return broken(end.seq + 1, `it is missing, and the head is at ${head.seq}`)
  if (end.seq === head.seq && end.hash !== head.hash) return broken(end.seq, 'the head has another hash for it')
  if (start.seq > 0 && (lastPruned?.seq !== start.seq || lastPruned.hash !== start.hash)) {
    return broken(start.seq, 'no record of the chain says that it was cut off here')
  }
  return { kind: 'intact', first: start.seq + 1, last: end }
}

/** Whether `entry` is the record that follows `end`. */
export function checkLink(
  entry: Entry,
  end: ChainEnd,
  keys: ChainKeys,
): { readonly kind: 'link'; readonly end: ChainEnd; readonly record: AuditRecord } | (Verified & { kind: 'broken' }) {
  const seq = end.seq + 1
  if (entry.key !== keys.record(seq)) return broken(seq, `it is missing: ${entry.key} comes next`)
  let record: AuditRecord
  try {
    record = auditRecord.read(entry)
  } catch (error) {
    if (error instanceof UnreadableRecord) return broken(seq, error.message)
    throw error
  }
  if (record.seq !== seq) return broken(seq, `it calls itself number ${record.seq}`)
  if (record.prev !== end.hash)
    return broken(seq, `it does not follow from record ${end.seq}: one of the two was changed`)
  return { kind: 'link', end: { seq, hash: hashOf(entry.value) }, record }
}

export async function endAt(store: Pick<StoreReader, 'get'>, key: string): Promise<ChainEnd> {
  const entry = await store.get(key)
  return entry === null ? noRecord : chainEnd.read(entry)
}

const broken = (seq: number, why: string) => ({
  kind: 'broken' as const,
  seq,
  why: `Audit record ${seq} is wrong: ${why}.`,
})
