import type { Actor } from './authorization/rights.ts'
import { createDispatch, type Dispatch, type DispatchParts } from './command/dispatch.ts'
import { usualLimits } from './command/limits.ts'
import { createReceiveCommand, type ReceiveDeps } from './command/receive-command.ts'
import { createThrottle, usualThrottle, type Throttle } from './command/throttle.ts'
import type { Incoming } from './ports/incoming.ts'
import type { StoreLeases, StoreReader, StoreWriter } from './ports/store.ts'
import { createTurns } from './services/turns.ts'

interface IncomingParts extends DispatchParts {
  readonly store: StoreReader & StoreWriter & StoreLeases
  /** Names this process. */
  readonly driver: string
  readonly complete: ReceiveDeps['complete']
}

/** How long the store may take to say whose turn it is to answer. */
const turnMs = 1500

/** Commands on their way from the chat to their answer. */
export function createIncoming(parts: IncomingParts): {
  readonly dispatch: Dispatch
  readonly handle: (incoming: Incoming) => Promise<void>
  readonly throttle: Throttle<Actor>
  /** Prepares for the first request. Never rejects. */
  prepare(): Promise<void>
} {
  const { store, clock, log, driver, complete, ...dispatching } = parts
  const dispatch = createDispatch({ ...dispatching, clock, log })
  // The store has been silent for so long already, and a person hears so in time.
  const limits = { ...usualLimits, storeMs: usualLimits.storeMs - turnMs }
  const hurried = createDispatch({ ...dispatching, clock, log, limits })
  const turns = createTurns({ store, clock, log, driver, withinMs: turnMs })
  const throttle = createThrottle<Actor>(usualThrottle, clock)
  const handle = createReceiveCommand({
    throttle,
    limits: usualThrottle,
    log,
    complete,
    async carryOut({ requestKey: key, text, user, place, source }) {
      const turn = await turns.take(key)
      if (turn === 'taken') {
        log.info({ request: key }, 'this request came before: whoever took it answers')
        return null
      }
      return (turn === 'mine' ? dispatch : hurried)({ text, actor: user, place, key, source })
    },
  })
  return { dispatch, handle, throttle, prepare: () => turns.prepare() }
}
