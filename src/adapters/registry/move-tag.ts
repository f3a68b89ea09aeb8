import type { TagMoved } from '../../ports/registry.ts'
import { Away } from './away.ts'
import { lookAt, nameOf, wholeManifest, type WholeManifest } from './manifest.ts'
import { left, type Patience } from './patience.ts'
import type { Place } from './place.ts'
import type { Session } from './session.ts'

export interface Move {
  readonly tag: string
  readonly from: string | null
  readonly to: string
}

const maxAnswerBytes = 256 * 1024
/** A registry may show for a moment what was there before. */
const looksAfter = 5
const betweenLooksMs = 200

/** Looks, puts the very bytes of `to` under the tag, and looks again: a registry has no compare and swap. */
export async function moveTag(session: Session, place: Place, move: Move, patience: Patience): Promise<TagMoved> {
  const { tag, from, to } = move
  const look = async (): Promise<string | null> => (await lookAt(session, place, tag, patience))?.digest ?? null
  // Together, so that little time passes between the look and the push.
  const [now, manifest] = await Promise.all([look(), wholeManifest(session, place, to, patience)])
  if (now === to) return { kind: 'already' }
  if (now !== from) return { kind: 'elsewhere', now }
  if (manifest === null) return { kind: 'missing' }
  let away: Away | null = null
  try {
    await put(session, place, tag, manifest, patience)
  } catch (error) {
    // It may have been done all the same.
    if (!(error instanceof Away)) throw error
    away = error
  }
  let after = await look()
  for (let looks = 1; after === from && looks < looksAfter && left(patience) > betweenLooksMs; looks += 1) {
    await session.clock.sleep(betweenLooksMs, patience.signal)
    after = await look()
  }
  if (after === to) return { kind: 'moved' }
  if (away !== null && after === from) throw away
  return { kind: 'elsewhere', now: after }
}

async function put(
  session: Session,
  place: Place,
  tag: string,
  manifest: WholeManifest,
  patience: Patience,
): Promise<void> {
  const doing = { right: 'push', words: `move ${nameOf(place, tag)}` } as const
  const answer = await session.ask(
    place,
    {
      method: 'PUT',
      path: `manifests/${tag}`,
      headers: { 'content-type': manifest.mediaType },
      body: manifest.content,
      maxBytes: maxAnswerBytes,
      doing,
      // Somebody else may have moved it meanwhile: never twice without a look.
      again: false,
    },
    patience,
  )
  if (answer.status < 200 || answer.status > 299) throw session.refusal(place, answer, doing)
}
