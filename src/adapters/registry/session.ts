import { createRedact } from '../../config/redact.ts'
import type { Proxy } from '../../config/proxy.ts'
import type { Clock } from '../../ports/clock.ts'
import { RegistryFault } from '../../ports/registry.ts'
import { Away, isLater } from './away.ts'
import { challengesOf } from './challenge.ts'
import { follow } from './follow.ts'
import type { Logins } from './logins.ts'
import { left, type Patience } from './patience.ts'
import type { Place } from './place.ts'
import { refusal, type Doing } from './refusal.ts'
import { createAuthorizations, type Right } from './tokens.ts'
import { createWire, type Answer, type Asked } from './wire.ts'

export interface Question {
  readonly method: 'GET' | 'HEAD' | 'PUT'
  /** Below the repository: `manifests/production`, `tags/list?n=1000`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
  /** Longest answer that is read, in bytes. */
  readonly maxBytes: number
  readonly doing: Doing
  /** Whether it is asked again, some times, when the registry is away or asks for patience. `unless-silent`: not after it said nothing. */
  readonly again: boolean | 'unless-silent'
}

/** Questions with credentials and patience. Answers have any status but those that say "later". Throws `RegistryFault`. */
export interface Session {
  readonly clock: Clock
  ask(place: Place, question: Question, patience: Patience): Promise<Answer>
  /** What to throw for an answer that cannot be used. */
  refusal(place: Place, answer: Answer, doing: Doing): RegistryFault
  close(): Promise<void>
}

const mostTries = 4
const firstPauseMs = 250

export function createSession(logins: Logins, proxy: Proxy | null, clock: Clock): Session {
  const wire = createWire(proxy)
  const redact = (text: string): string => createRedact([...logins.secrets(), ...authorizations.secrets()])(text)
  const authorizations = createAuthorizations(wire, clock, redact)
  const told: Session['refusal'] = (place, answer, doing) => refusal(place, answer, doing, clock.now(), redact)

  const once = async (place: Place, question: Question, patience: Patience): Promise<Answer> => {
    const { method, path, headers, body, maxBytes, doing } = question
    const right: Right = method === 'PUT' ? 'pull,push' : 'pull'
    const url = new URL(`${place.base}/v2/${place.name}/${path}`)
    const send = async (authorization: string | null): Promise<Answer> => {
      const asked: Asked = {
        method,
        url,
        headers: authorization === null ? headers : { ...headers, authorization },
        ...(body === undefined ? {} : { body }),
        maxBytes,
      }
      const answer = await follow(wire, asked, patience)
      if (isLater(answer.status)) throw told(place, answer, doing)
      return answer
    }
    const standing = authorizations.standing(place, right)
    let answer = await send(standing)
    if (answer.status === 401 && standing !== null) {
      // A token that has run out. Without it: to a stale one Harbor answers with a challenge that leads nowhere.
      authorizations.forget(place, right)
      answer = await send(null)
    }
    if (answer.status !== 401) return answer
    const challenges = challengesOf(answer.headers('www-authenticate'))
    const fresh = await authorizations.answer(place, right, challenges, patience)
    if (fresh === null) return answer
    const second = await send(fresh)
    if (second.status !== 401 || challenges[0]?.kind !== 'bearer') return second
    // A token that was given a moment ago and is not known everywhere yet. One more token, and no third.
    authorizations.forget(place, right)
    const last = await authorizations.answer(place, right, challenges, patience)
    return last === null ? second : send(last)
  }

  /** As somebody else, where the docker configuration holds another login by now. */
  const withRenewal = async (place: Place, question: Question, patience: Patience): Promise<Answer> => {
    let refused: { readonly answer: Answer } | { readonly error: RegistryFault }
    try {
      const answer = await once(place, question, patience)
      if (answer.status !== 401 && answer.status !== 403) return answer
      refused = { answer }
    } catch (error) {
      if (!(error instanceof RegistryFault) || error.kind !== 'refused') throw error
      refused = { error }
    }
    const renewed = await logins.renewed(place)
    if (renewed !== null) {
      for (const right of ['pull', 'pull,push'] as const) authorizations.forget(place, right)
      return once(renewed, question, patience)
    }
    if ('error' in refused) throw refused.error
    return refused.answer
  }

  return {
    clock,
    async ask(place, question, patience) {
      let pauseMs = firstPauseMs
      for (let tries = 1; ; tries += 1) {
        try {
          return await withRenewal(place, question, patience)
        } catch (error) {
          if (!(error instanceof Away) || !question.again || tries === mostTries) throw error
          if (error.silent && question.again === 'unless-silent') throw error
          const wait = error.retryAfterMs ?? pauseMs
          if (wait >= left(patience)) throw error
          await clock.sleep(wait, patience.signal)
          if (patience.signal?.aborted === true) throw error
          pauseMs *= 2
        }
      }
    },
    refusal: told,
    close: () => wire.close(),
  }
}
