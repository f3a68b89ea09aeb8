import type { IEvent } from 'etcd3'
import type { Change } from '../../ports/store.ts'
import type { Connection } from './connection.ts'
import { classify } from './failure.ts'
import { endOf, entryOf, isLater, nextRevision, previousRevision } from './keys.ts'
import { openWatch } from './watch-stream.ts'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2000

/**
 * A stream of its own for each watch, opened again behind the last *event* that was seen whole. (etcd3's watcher resumes
 * behind the header's revision instead, which is ahead of what it has delivered: thousands of events are lost unseen.)
 */
export async function* watch(
  connection: Connection,
  root: string,
  prefix: string,
  fromRevision: string,
  signal: AbortSignal,
  limitMs: number,
): AsyncGenerator<Change, void, undefined> {
  const stop = AbortSignal.any([signal, connection.closed])
  const begin = Buffer.from(root + prefix)
  const key = begin.length === 0 ? Buffer.from([0]) : begin
  const newest = () => newestRevision(connection, key, limitMs)
  let next = nextRevision(fromRevision)
  let pause = FIRST_PAUSE_MS
  while (!stop.aborted) {
    const member = connection.member()
    try {
      let gap = false
      const range = { key, range_end: endOf(begin), start_revision: next }
      for await (const frame of openWatch(member, range, connection.clock, stop)) {
        pause = FIRST_PAUSE_MS
        if (frame.kind === 'compacted') gap = true
        // A store put back from a backup is behind us: etcd would wait in silence until it has caught up.
        if (frame.kind === 'opened' && isLater(previousRevision(next), frame.revision)) {
          gap = isLater(previousRevision(next), await newest())
        }
        if (gap) break
        if (frame.kind !== 'events') continue
        const from = next
        const events = frame.events.filter(({ kv }) => !isLater(from, kv.mod_revision))
        next = nextRevision(events.at(-1)?.kv.mod_revision ?? previousRevision(from))
        for (const event of events) {
          yield changeOf(root, event)
          if (stop.aborted) return
        }
      }
      if (gap) {
        next = nextRevision(await newest())
        yield { kind: 'relist' }
        continue
      }
    } catch (error) {
      // etcd answers a watch under an expired login with "permission denied" (v3rpc/watch.go, isWatchPermitted).
      if (classify(error).kind === 'again') connection.failed(member)
      else member.forgetLogin()
    }
    await connection.clock.sleep(pause, stop)
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
  }
}

function changeOf(root: string, { type, kv }: IEvent): Change {
  const entry = entryOf(root, kv)
  // The declarations say `Delete`; the wire says `DELETE`.
  if (type.toUpperCase() === 'DELETE') return { kind: 'deleted', key: entry.key, revision: entry.modified }
  return { kind: 'put', entry }
}

/** Through the quorum: a member's own revision may lag. */
async function newestRevision(connection: Connection, key: Buffer, limitMs: number): Promise<string> {
  const answer = await connection.call(
    ({ member, options }) => member.client.kv.range({ key, limit: 1, keys_only: true }, options),
    { limitMs },
  )
  return answer.header.revision
}
