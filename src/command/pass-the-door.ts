import type { Authorized, Door } from '../authorization/door.ts'
import type { Right } from '../authorization/rights.ts'
import type { Capabilities } from '../services/capabilities.ts'
import type { Reply } from './context.ts'
import type { MutationDefinition, QueryContext } from './define.ts'
import type { Passage } from './limits.ts'
import { failed, refused } from './text.ts'

/** For each right, what its holder gets: bound to what the door allowed. */
export type CapabilityBinders = {
  readonly [R in Right]: (context: Authorized<R>) => Capabilities[R]
}

/** Thrown into a command whose sender has already heard that nothing was done. */
export class CutShort extends Error {
  override readonly name = 'CutShort'
}

/** The one way to a mutating handler: demands, door, capabilities, handler, and the reply kept for redeliveries. */
export async function passTheDoor<R extends Right, A>(
  definition: MutationDefinition<R, A>,
  args: A,
  parts: {
    readonly context: QueryContext
    readonly door: Door
    readonly capabilities: CapabilityBinders
    readonly passage: Passage
    /** Turns what a handler threw into an answer. */
    readonly explain: (error: unknown, acting: boolean) => Reply
    /** The reply was not kept. */
    readonly unsettled: (message: string) => void
  },
): Promise<Reply> {
  const { context, door, passage } = parts
  const { request } = context
  const wanted = await definition.demands(args, context)
  if (wanted.kind === 'answer') return wanted.reply
  if (wanted.demands.length === 0) return definition.answer(args, { ...context, grants: [] })
  if (passage.cut) throw new CutShort()

  const authorization = await door.authorize({
    actor: request.actor,
    demands: wanted.demands,
    command: request.text,
    requestKey: request.key,
    source: request.source,
    place: request.place,
  })
  if (authorization.kind === 'unavailable') return failed(authorization.message)
  if (authorization.kind === 'repeated') return authorization.reply ?? unanswered
  const settle = async (reply: Reply): Promise<Reply> => {
    const settled = await door.settle(request.key, reply)
    if (settled.kind === 'unavailable') parts.unsettled(settled.message)
    return reply
  }
  if (authorization.kind === 'denied') return settle(refused(authorization.denial.message))
  if (passage.cut) return settle(failed('Nothing was done: the sender had been told so, as etcd was slow to answer.'))

  passage.acting = true
  try {
    const grants = authorization.contexts.map((authorized, index) => {
      const demand = wanted.demands[index]
      if (demand === undefined) throw new Error('the door granted more than was demanded')
      return { demand, may: parts.capabilities[demand.right](authorized) }
    })
    if (grants.length !== wanted.demands.length) throw new Error('the door granted less than was demanded')
    return await settle(await definition.answer(args, { ...context, grants }))
  } catch (error) {
    return settle(parts.explain(error, true))
  }
}

const unanswered: Reply = failed(
  'This very request came before, and no answer to it is on record: `status` shows what it did. Type it again if it did nothing.',
)
