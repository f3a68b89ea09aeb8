import type { Clock } from '../ports/clock.ts'
import { type Entry, StoreUnavailable } from '../ports/store.ts'
import { UnreadableRecord } from '../store/record.ts'
import type { AuditLog } from './audit.ts'
import { auditKeys } from './chain.ts'
import { createJudge, type JudgeDeps, type Verdict } from './judge.ts'
import { questionOf } from './question.ts'
import { createRecorder } from './record-decision.ts'
import { requestRecord, type StoredReply } from './request-record.ts'
import { type AuthorizationRequest, copyOf, shortKey } from './request.ts'
import type { Denial, Grant, Right } from './rights.ts'
import { type Settled, settleRequest } from './settle.ts'

/** Something that did not come out of the door was shown as an authorization. A fault of the program, or an attack. */
export class ForgedAuthorization extends Error {
  override readonly name = 'ForgedAuthorization'
}

const mintKey = Symbol('mint')
/** Stands for one door: a context is bound to the door that made it. */
type DoorToken = symbol
let mint: <R extends Right>(door: DoorToken, grant: Grant<R>) => Authorized<R>
let openWith: <R extends Right>(door: DoorToken, context: Authorized<R>, right: R | undefined) => Grant<R>

/**
 * Proof that one demand of one person was allowed and recorded. Only a door makes one, and only that door opens it. The
 * object says nothing by itself: the grant is in a private field that no copy has.
 */
export class Authorized<R extends Right> {
  readonly #grant: Grant<R>
  readonly #door: DoorToken

  private constructor(key: symbol, door: DoorToken, grant: Grant<R>) {
    if (key !== mintKey) throw new ForgedAuthorization('An authorization can only be had from the door.')
    this.#grant = grant
    this.#door = door
    Object.freeze(this)
  }

  static {
    mint = (door, grant) => new Authorized(mintKey, door, grant)
    openWith = (door, context, right) => {
      const genuine: unknown = context
      if (typeof genuine !== 'object' || genuine === null || !(#grant in genuine)) {
        throw new ForgedAuthorization('This authorization did not come from the door; nothing was done.')
      }
      const grant = context.#grant
      if (context.#door !== door) {
        throw new ForgedAuthorization('This authorization came from a different door; nothing was done.')
      }
      if (right !== undefined && grant.right !== right) {
        throw new ForgedAuthorization(`This authorization is for ${grant.right}, not for ${right}; nothing was done.`)
      }
      return grant
    }
    Object.freeze(this.prototype)
    Object.freeze(this)
  }
}

/** Reads the grants of one door. Throws `ForgedAuthorization` for anything that this door did not make, or made for another right. */
export type OpenGrant = <R extends Right>(context: Authorized<R>, right?: R) => Grant<R>

export type Authorization<R extends Right> =
  /** One context for each demand, in their order. */
  | { readonly kind: 'allowed'; readonly contexts: readonly Authorized<R>[] }
  | { readonly kind: 'denied'; readonly denial: Denial }
  /** This request was handled before; `reply` is null while (or as) it was not brought to its end. */
  | { readonly kind: 'repeated'; readonly reply: StoredReply | null }
  /** It could not be recorded, so nothing may be done. `message` is for the person. */
  | { readonly kind: 'unavailable'; readonly message: string }

export interface Door {
  /** Decides, records, and only then grants. Never rejects for anything outside the program. */
  authorize<R extends Right>(request: AuthorizationRequest<R>): Promise<Authorization<R>>
  /** Keeps the reply for redeliveries, and records the outcome of what was allowed. Never rejects. */
  settle(requestKey: string, reply: StoredReply): Promise<Settled>
  /** Opens what this very door granted: capabilities are bound to the one door of their process. */
  readonly open: OpenGrant
}

/** Under the 3 s in which a person must hear that the store is away. */
const defaultAnswerMs = 2000

export interface DoorDeps extends JudgeDeps {
  /** The chain of what was allowed. */
  readonly audit: AuditLog
  /** The chain of what was denied. */
  readonly denials: AuditLog
  readonly clock: Clock
  /** Masks secrets in what is recorded. */
  readonly redact: (text: string) => string
  /** Milliseconds until `authorize` gives up on the store. Default 2000. */
  readonly answerMs?: number
}

export function createDoor(deps: DoorDeps): Door {
  const { audit, denials, clock, redact, answerMs = defaultAnswerMs } = deps
  const judge = createJudge(deps)
  const record = createRecorder({ audit, denials, clock, redact, answerMs })
  const token: DoorToken = Symbol('door')

  return {
    async authorize<R extends Right>(given: AuthorizationRequest<R>): Promise<Authorization<R>> {
      if (given.demands.length === 0)
        throw new Error('A command that changes something must demand at least one right.')
      const request = copyOf(given)
      const verdicts = await Promise.all(
        request.demands.map((demand) => judge.judge(request.actor, questionOf(demand))),
      )
      const denial = denialOf(verdicts)
      const policies =
        denial?.policies ?? verdicts.flatMap((verdict) => (verdict.kind === 'allowed' ? verdict.policies : []))
      try {
        const recorded = await record(request, { denial, policies: [...new Set(policies)].sort() })
        if (recorded.kind === 'too-late' || recorded.kind === 'given-up')
          return unavailable('etcd did not answer in time')
        if (recorded.kind === 'conflict') return repeated(request, recorded.entries)
        if (denial !== null) return { kind: 'denied', denial }
        const bound = { actor: request.actor, audit: recorded.seq, requestKey: request.requestKey }
        return {
          kind: 'allowed',
          contexts: request.demands.map((demand) => mint(token, Object.freeze({ ...demand, ...bound }))),
        }
      } catch (error) {
        if (error instanceof StoreUnavailable || error instanceof UnreadableRecord) return unavailable(error.message)
        throw error
      }
    },
    settle: (requestKey, reply) => settleRequest({ audit, redact }, shortKey(requestKey), reply),
    open: (context, right) => openWith(token, context, right),
  }
}

function repeated(request: AuthorizationRequest<Right>, entries: readonly Entry[]): Authorization<never> {
  const entry = entries.find((entry) => entry.key === auditKeys.request(request.requestKey))
  if (entry === undefined) return unavailable('etcd gave an answer that does not fit')
  const earlier = requestRecord.read(entry)
  if (earlier.actor !== request.actor.id)
    return unavailable('the id of this request is that of another person’s request')
  return { kind: 'repeated', reply: earlier.reply }
}

const unavailable = (why: string) => ({
  kind: 'unavailable' as const,
  message: `Nothing was done, because it could not be recorded: ${firstLine(why)}. Try again in a moment.`,
})

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').replace(/\.$/, '')

/** All denials in one; null when everything is allowed. */
function denialOf(verdicts: readonly Verdict[]): Denial | null {
  const denials = verdicts.flatMap((verdict) => (verdict.kind === 'denied' ? [verdict.denial] : []))
  if (denials.length === 0) return null
  const all = (pick: (denial: Denial) => readonly string[]) => [...new Set(denials.flatMap(pick))]
  return {
    message: all((denial) => [denial.message]).join('\n'),
    policies: all((denial) => denial.policies),
    whoCould: all((denial) => denial.whoCould),
  }
}
