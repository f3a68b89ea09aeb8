import type { Actor } from '../authorization/rights.ts'
import type { Incoming } from '../ports/incoming.ts'
import type { Log } from '../ports/log.ts'
import type { Reply } from './context.ts'
import { refused } from './text.ts'
import { refusalText, type Throttle, type ThrottleLimits } from './throttle.ts'

export interface ReceiveDeps {
  readonly throttle: Throttle<Actor>
  readonly limits: ThrottleLimits
  /** Carries the command out and says what to answer; null when somebody else answers. */
  readonly carryOut: (incoming: Incoming) => Promise<Reply | null>
  /** The answer with what is known only after the command was carried out. It holds nobody's turn. Never rejects. */
  readonly complete: (reply: Reply, incoming: Incoming) => Promise<Reply['message']>
  readonly log: Log
}

/** Lets a command in when it is its sender's turn. What is too many is refused before anything is asked or read. */
export function createReceiveCommand(deps: ReceiveDeps): (incoming: Incoming) => Promise<void> {
  const { throttle, limits, carryOut, complete, log } = deps
  return async (incoming) => {
    const submitted = throttle.submit(incoming.user, () => carryOut(incoming))
    if (submitted.kind === 'accepted') {
      const reply = await submitted.result
      if (reply !== null) await incoming.reply(await complete(reply, incoming), reply.visibility)
      return
    }
    log.debug({ user: incoming.user.id, why: submitted.why }, 'a command was refused: too many at once')
    if (!submitted.answer) return
    await incoming.reply(refused(refusalText(submitted, limits)).message, 'sender')
  }
}
