import { Duplex } from 'node:stream'
import type { IEvent, IWatchCreateRequest, IWatchResponse } from 'etcd3'
import type { Clock } from '../../ports/clock.ts'
import type { Member } from './member.ts'

export type WatchFrame =
  /** etcd confirmed the watch; `revision` is where that member is. */
  | { readonly kind: 'opened'; readonly revision: string }
  /** Whole revisions, in order. */
  | { readonly kind: 'events'; readonly events: readonly IEvent[] }
  /** The start lies before what the store still has. */
  | { readonly kind: 'compacted' }

/** How long a new stream may take until etcd confirms it; etcd3's own `create()` would wait for ever. */
const OPEN_MS = 5000

/**
 * One watch on one stream, until it breaks (throws) or `stop` aborts (ends or throws). Frames wait in the transport
 * while the reader is busy, so a slow reader costs no memory here. Takes its stream down however it is left.
 */
export async function* openWatch(
  member: Member,
  range: IWatchCreateRequest,
  clock: Clock,
  stop: AbortSignal,
): AsyncGenerator<WatchFrame, void, undefined> {
  await member.login(clock.now() + OPEN_MS)
  const stream = await member.client.watchClient.watch()
  if (!(stream instanceof Duplex)) throw new Error('etcd3 gave a watch stream that cannot be read')
  // Cancelling ends in an error event; without a listener of ours it could reach nobody.
  stream.on('error', () => {})
  const cancel = () => stream.cancel()
  stop.addEventListener('abort', cancel)
  const opened = new AbortController()
  void clock.sleep(OPEN_MS, opened.signal).then(() => {
    if (!opened.signal.aborted) cancel()
  })
  try {
    if (stop.aborted) return
    // Fragments keep one huge revision below gRPC's message limit, past which etcd would drop it.
    stream.write({ create_request: { ...range, progress_notify: true, fragment: true } })
    const pieces: IEvent[] = []
    for await (const frame of framesOf(stream)) {
      if (frame.canceled) {
        if (frame.compact_revision !== '0') yield { kind: 'compacted' }
        throw new Error(`etcd ended the watch: ${frame.cancel_reason || 'no reason given'}`)
      }
      if (frame.created) {
        opened.abort()
        yield { kind: 'opened', revision: frame.header.revision }
        continue
      }
      for (const event of frame.events) pieces.push(event)
      if (!frame.fragment && pieces.length > 0) yield { kind: 'events', events: pieces.splice(0) }
    }
    throw new Error('etcd ended the watch stream')
  } finally {
    opened.abort()
    stop.removeEventListener('abort', cancel)
    cancel()
  }
}

async function* framesOf(stream: Duplex): AsyncGenerator<IWatchResponse, void, undefined> {
  for await (const frame of stream) {
    if (!isFrame(frame)) throw new Error('etcd sent a watch frame of an unknown shape')
    yield frame
  }
}

function isFrame(frame: unknown): frame is IWatchResponse {
  return typeof frame === 'object' && frame !== null && 'events' in frame && 'compact_revision' in frame
}
