import type { IKeyValue } from 'etcd3'
import { StoreUnavailable, type Put } from '../../ports/store.ts'
import type { Connection } from './connection.ts'
import { isLater, previousRevision } from './keys.ts'

/** How many later changes of a key are looked behind. More in one call's time limit means something else is wrong. */
const DEEPEST = 50

/**
 * The revision at which a transaction with these puts was applied behind revision `before`; null when it was not.
 *
 * At that revision, and at no other, every one of its keys holds its value and was last changed there: one of the
 * values is unlike any other, so nobody else can have left that picture. Later transactions may have overwritten it,
 * so one key's history is walked back to `before`.
 */
export async function findApplied(
  connection: Connection,
  root: string,
  puts: readonly Put[],
  now: ReadonlyMap<string, IKeyValue>,
  before: string,
  limitMs: number,
): Promise<string | null> {
  const present = puts.flatMap(({ key }) => now.get(key) ?? [])
  if (present.some((kv) => !isLater(kv.mod_revision, before))) return null
  const [oldest] = present.sort((a, b) => (isLater(a.mod_revision, b.mod_revision) ? 1 : -1))
  if (oldest === undefined) {
    // Only deletes, or everything was deleted again since: nothing is left to know it by.
    throw new StoreUnavailable('etcd lost an answer, and nothing shows whether the change was made\n\nRead it again')
  }
  const ended = connection.clock.monotonic() + limitMs
  const readAt = (revision: string) => pictureAt(connection, root, puts, revision, ended)
  let revision = oldest.mod_revision
  try {
    for (let depth = 0; depth < DEEPEST; depth++) {
      const picture = await readAt(revision)
      const here = revision
      if (puts.every(({ key, value }) => holds(picture.get(key), value, here))) return revision
      const earlier = (await readAt(previousRevision(revision))).get(oldest.key.toString().slice(root.length))
      if (earlier === undefined || !isLater(earlier.mod_revision, before)) return null
      revision = earlier.mod_revision
    }
  } catch (error) {
    // Compacted, or away again. Not a refusal: the change may well be stored.
    throw new StoreUnavailable('etcd lost an answer, and whether the change was made cannot be seen\n\nRead it again', {
      cause: error,
    })
  }
  throw new StoreUnavailable('etcd lost an answer, and the keys changed too often since to tell\n\nRead them again')
}

function holds(kv: IKeyValue | undefined, value: string, revision: string): boolean {
  return kv !== undefined && kv.mod_revision === revision && kv.value.toString() === value
}

/** The keys of `puts` as they were at a revision, by the port's key. */
async function pictureAt(
  connection: Connection,
  root: string,
  puts: readonly Put[],
  revision: string,
  ended: number,
): Promise<ReadonlyMap<string, IKeyValue>> {
  const ranges = puts.map(({ key }) => ({ request_range: { key: Buffer.from(root + key), revision } }))
  const answer = await connection.call(({ member, options }) => member.client.kv.txn({ success: ranges }, options), {
    limitMs: Math.max(0, ended - connection.clock.monotonic()),
  })
  const picture = new Map<string, IKeyValue>()
  for (const [at, { key }] of puts.entries()) {
    const kv = answer.responses[at]?.response_range.kvs[0]
    if (kv !== undefined) picture.set(key, kv)
  }
  return picture
}
