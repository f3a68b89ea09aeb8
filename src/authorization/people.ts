import type { Clock } from '../ports/clock.ts'
import type { PeopleDirectory } from '../ports/people.ts'
import type { Actor } from './rights.ts'

/** What a policy may ask about a person beside the groups. */
export interface Traits {
  /** Id of the person's workspace or organisation. */
  readonly team: string
  readonly isGuest: boolean
}

/** For builds, and where no policy asks. */
export const noTraits: Traits = { team: '', isGuest: false }

export interface People {
  /** Null when the chat does not say. Never rejects, and takes no longer than an answer in Slack may. */
  traitsOf(actor: Pick<Actor, 'id'> & { readonly team?: string | undefined }): Promise<Traits | null>
  /** Those of a made-up colleague who is no guest: for "who could". */
  ordinary(): Promise<Traits>
}

/** Leaves time for the store within the 3 s in which a person must hear an answer. */
const answerMs = 1500

export function createPeople(deps: { readonly directory: PeopleDirectory; readonly clock: Clock }): People {
  const { directory, clock } = deps
  async function inTime<T>(answer: Promise<T | null>): Promise<T | null> {
    const answered = new AbortController()
    try {
      return await Promise.race([answer, clock.sleep(answerMs, answered.signal).then(() => null)])
    } finally {
      answered.abort()
    }
  }
  return {
    async traitsOf({ id, team }) {
      const facts = await inTime(directory.person(id))
      return facts === null ? null : { team: team ?? facts.team, isGuest: facts.isGuest }
    },
    ordinary: async () => ({ team: (await inTime(directory.home())) ?? '', isGuest: false }),
  }
}
