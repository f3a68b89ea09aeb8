import { createRedact } from '../../config/redact.ts'
import type { Clock } from '../../ports/clock.ts'
import type { RegistryFault } from '../../ports/registry.ts'
import { Away, isLater } from './away.ts'
import { challengesOf } from './challenge.ts'
import { follow } from './follow.ts'
import type { RegistryOptions } from './options.ts'
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

export function createSession(options: RegistryOptions, clock: Clock): Session {
  const wire = createWire()
  const authorizations = createAuthorizations(wire, clock)
  const logins = [...options.hosts.values()].flatMap(({ login }) =>
    login === null ? [] : [login.kind === 'basic' ? login.password : login.token],
  )
  const told: Session['refusal'] = (place, answer, doing) =>
    refusal(place, answer, doing, clock.now(), createRedact([...logins, ...authorizations.secrets()]))

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
    return fresh === null ? answer : send(fresh)
  }

  return {
    clock,
    async ask(place, question, patience) {
      let pauseMs = firstPauseMs
      for (let tries = 1; ; tries += 1) {
        try {
          return await once(place, question, patience)
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
