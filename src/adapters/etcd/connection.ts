import { setMaxListeners } from 'node:events'
import { GRPCDeadlineExceededError } from 'etcd3'
import type { Clock } from '../../ports/clock.ts'
import { StoreUnavailable } from '../../ports/store.ts'
import { classify } from './failure.ts'
import { isLater } from './keys.ts'
import { openMember, type Member } from './member.ts'
import type { EtcdOptions } from './options.ts'

/** One try of a call: where to send it and until when. */
export interface Try {
  readonly member: Member
  /** For etcd3: `deadline` is wall clock, ms. */
  readonly options: { readonly deadline: number }
  /** An earlier try of this call may have been applied although no answer came. */
  readonly hazy: boolean
}

interface CallLimits {
  /** For the whole call, ms. */
  readonly limitMs: number
  /** For one try, ms; unset: what suits the limit. */
  readonly tryMs?: number
  /** False: after a lost answer the call rejects, because a second application could do harm. */
  readonly repeatable?: boolean
}

/** The members of one cluster: which of them is in use, and the newest revision that any of them has shown. */
export interface Connection {
  readonly clock: Clock
  /** Aborts when the connection is closed. */
  readonly closed: AbortSignal
  /** Sends until an answer comes; rejects with `StoreUnavailable` at the limit or on a refusal. */
  call<T>(send: (attempt: Try) => Promise<T>, limits: CallLimits): Promise<T>
  /** The member that answered last, and what to do when it fails outside of `call`. */
  member(): Member
  failed(member: Member): void
  /** Newest revision seen in any answer. What is applied after that has a higher one. */
  seen(): string
  saw(header: { readonly revision: string }): void
  close(): Promise<void>
}

/** Reference: with 1.5 s a try, no fault of a three-node cluster failed a 15 s call. */
const TRY_MS = 1500
/** A last try shorter than this is not worth the request. */
const SHORTEST_TRY_MS = 50
const FIRST_PAUSE_MS = 25
const LONGEST_PAUSE_MS = 400

export function openConnection(options: EtcdOptions): Connection {
  const { clock } = options
  const members = options.endpoints.map((endpoint) => openMember(endpoint, options, TRY_MS))
  const names = members.map(({ name }) => name).join(', ')
  const closing = new AbortController()
  // Every call that waits and every lease listens to it.
  setMaxListeners(0, closing.signal)
  let current = 0
  let seen = '0'

  const member = (): Member => {
    const chosen = members[current]
    if (chosen === undefined) throw new Error('etcd needs at least one endpoint\n\nWrite it as http://host:2379')
    return chosen
  }
  member()

  const failed = (which: Member): void => {
    if (members[current] === which) current = (current + 1) % members.length
  }

  return {
    clock,
    closed: closing.signal,
    member,
    failed,
    seen: () => seen,
    saw({ revision }) {
      if (isLater(revision, seen)) seen = revision
    },
    async call(send, limits) {
      const started = clock.monotonic()
      const left = () => limits.limitMs - (clock.monotonic() - started)
      // A short limit leaves room for a second try at another member when the first one is frozen.
      const longest = limits.tryMs ?? Math.min(TRY_MS, limits.limitMs * 0.4)
      let last = 'there was no time to ask'
      let hazy = false
      let pause = FIRST_PAUSE_MS
      for (let tries = 0; ; tries++) {
        if (closing.signal.aborted) throw new StoreUnavailable('the store was closed')
        const tryMs = Math.min(longest, left())
        if (tryMs < SHORTEST_TRY_MS && (tries > 0 || tryMs <= 0))
          throw new StoreUnavailable(away(names, limits.limitMs, tries, last))
        const target = member()
        let sent = false
        try {
          const deadline = clock.now() + tryMs
          await bounded(target.login(deadline), tryMs, clock)
          sent = true
          return await bounded(send({ member: target, options: { deadline }, hazy }), tryMs, clock)
        } catch (error) {
          if (error instanceof StoreUnavailable) throw error
          const failure = classify(error)
          // A last try that the limit cut short would only hide what went wrong before it.
          if (tries === 0 || tryMs === longest || failure.words !== 'no answer') last = failure.words
          if (failure.kind === 'refused') {
            throw new StoreUnavailable(`etcd at ${target.name}: ${failure.words}`, {
              cause: error,
              // A lost answer before it may have been a yes.
              ...(hazy ? {} : { refused: failure.refusal }),
            })
          }
          if (failure.kind === 'login') target.forgetLogin()
          else {
            failed(target)
            hazy ||= sent && failure.sent
          }
          if (hazy && limits.repeatable === false)
            throw new StoreUnavailable(unsure(target.name, last), { cause: error })
        }
        await clock.sleep(Math.max(0, Math.min(pause, left())), closing.signal)
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
      }
    },
    async close() {
      closing.abort()
      // Watches and leases let go of their streams first: a closed client leaves open ones hanging.
      await new Promise((resolve) => setImmediate(resolve))
      for (const each of members) each.close()
    },
  }
}

function away(names: string, limitMs: number, tries: number, last: string): string {
  const count = `${tries} ${tries === 1 ? 'try' : 'tries'}`
  return `the store is away: etcd at ${names} gave no answer in ${limitMs / 1000} s (${count}; last: ${last})`
}

function unsure(name: string, last: string): string {
  return `etcd at ${name} did not say whether it stored the change (${last})\n\nRead it again before repeating it`
}

/** gRPC keeps its own deadline; this is for what it does not cover (a stream that opens and stays silent). */
async function bounded<T>(answer: Promise<T>, ms: number, clock: Clock): Promise<T> {
  const done = new AbortController()
  const late = clock.sleep(ms + 250, done.signal).then(() => null)
  try {
    const first = await Promise.race([answer.then((value) => ({ value })), late])
    if (first === null) throw new GRPCDeadlineExceededError('no answer')
    return first.value
  } finally {
    done.abort()
  }
}
