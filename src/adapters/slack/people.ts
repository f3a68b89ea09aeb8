import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { PeopleDirectory, PersonFacts } from '../../ports/people.ts'
import type { SlackChat } from './chat.ts'
import { failureOf } from './failures.ts'

/** Slack's limit is 100 calls a minute: an answer is used for five minutes, a failure is not asked again for ten seconds. */
const FRESH_MS = 5 * 60_000
const FAILED_MS = 10_000
/** People that are remembered; the oldest is forgotten first. */
const MOST = 2000

interface Kept {
  readonly facts: Promise<PersonFacts | null>
  readonly until: number
}

/** People as `users.info` describes them (scope `users:read`). One call at a time per person; the time limit is the client's. */
export function createSlackPeople(
  chat: Pick<SlackChat, 'clients' | 'identity'>,
  clock: Clock,
  log: Log,
): PeopleDirectory {
  const kept = new Map<string, Kept>()

  const ask = async (id: string): Promise<PersonFacts | null> => {
    try {
      const { user } = await chat.clients.lookups.users.info({ user: id })
      if (user?.team_id === undefined) return null
      return {
        team: user.team_id,
        enterprise: user.enterprise_user?.enterprise_id ?? null,
        isGuest: user.is_restricted === true || user.is_ultra_restricted === true,
      }
    } catch (error) {
      log.warn({ user: id }, `a person was not read: ${failureOf(error, 'users.info').reason}`)
      return null
    }
  }
  const keep = (id: string, facts: Promise<PersonFacts | null>, forMs: number): void => {
    kept.delete(id)
    kept.set(id, { facts, until: clock.monotonic() + forMs })
    const [oldest] = kept.keys()
    if (kept.size > MOST && oldest !== undefined) kept.delete(oldest)
  }

  return {
    person(id) {
      const before = kept.get(id)
      if (before !== undefined && clock.monotonic() < before.until) return before.facts
      const facts = ask(id)
      keep(id, facts, FRESH_MS)
      void facts.then((answer) => {
        if (answer === null) keep(id, facts, FAILED_MS)
      })
      return facts
    },
    async home() {
      const result = await chat.identity()
      return result.kind === 'known' && result.identity.teamId !== '' ? result.identity.teamId : null
    },
  }
}
