import { isOver, type Rollout } from '../../domain/rollout.ts'
import { code, series } from '../../domain/wording.ts'
import type { Reply } from '../context.ts'
import type { QueryContext } from '../define.ts'
import { mistyped, refused } from '../text.ts'

/** Which rollout a command without a number means: the one that is shown in the thread in which it was typed. */
export type Meant =
  | { readonly kind: 'rollout'; readonly rollout: Rollout }
  /** It was not typed in the thread of a rollout. */
  | { readonly kind: 'none' }
  | { readonly kind: 'answer'; readonly reply: Reply }

/**
 * A thread may show several rollouts: then the ones that `fits` come first, the newest of those that are over, and of those
 * that live a person must choose. Throws `StoreUnavailable` and `UnreadableRecord`.
 */
export async function meantInThread(
  verb: string,
  fits: (rollout: Rollout) => boolean,
  { read, request }: Pick<QueryContext, 'read' | 'request'>,
): Promise<Meant> {
  const shown = await read.rollouts.inThread(request.place)
  const wanted = shown.filter(fits)
  const live = wanted.filter((rollout) => !isOver(rollout))
  if (live.length > 1) {
    const ids = live.map(({ id }) => code(`${verb} ${id}`))
    return {
      kind: 'answer',
      reply: refused(`This thread shows ${live.length} live rollouts: say ${series(ids, 'or')}.`),
    }
  }
  const rollout = live[0] ?? wanted.at(-1) ?? shown.at(-1)
  return rollout === undefined ? { kind: 'none' } : { kind: 'rollout', rollout }
}

/** The number that was typed, or that of the rollout of this thread; or what to type instead. */
export async function idOrThread(
  verb: string,
  id: number | null,
  fits: (rollout: Rollout) => boolean,
  context: Pick<QueryContext, 'read' | 'request'>,
): Promise<{ readonly kind: 'id'; readonly id: number } | { readonly kind: 'answer'; readonly reply: Reply }> {
  if (id !== null) return { kind: 'id', id }
  const meant = await meantInThread(verb, fits, context)
  if (meant.kind === 'rollout') return { kind: 'id', id: meant.rollout.id }
  if (meant.kind === 'answer') return meant
  const message = `Say which rollout: ${code(`${verb} <id>`)}. In the thread of a rollout ${code(`@opsee ${verb}`)} is enough.`
  return { kind: 'answer', reply: mistyped(message) }
}
