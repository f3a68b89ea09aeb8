import type { Fate } from '../../test/journeys/support/slack-proxy.ts'
import type { Chances } from '../random.ts'
import { chancesFrom } from '../random.ts'
import type { Replica } from '../world/replica.ts'
import { oneOf, type Fault } from './fault.ts'

const some = (chances: Chances, replicas: readonly Replica[]): readonly Replica[] =>
  chances.happens(0.5) ? replicas : [oneOf(chances, replicas)]
const namesOf = (replicas: readonly Replica[]): string => replicas.map(({ name }) => name).join(', ')

/** Calls of the Web API meet this fate, as often as `share` says. */
function fate(what: string, fates: readonly [Fate, ...Fate[]]): Fault {
  return {
    what,
    async begin({ replicas }, chances) {
      const hit = some(chances, replicas)
      const share = chances.between(3, 10) / 10
      const forMs = chances.between(1000, 8000)
      for (const { api } of hit) {
        const own = chancesFrom(chances.between(0, 1_000_000))
        api.decide(() => (own.happens(share) ? own.pick(fates) : 'well'))
      }
      const end = (): void => hit.forEach(({ api }) => api.decide(() => 'well'))
      return { forMs, detail: `${namesOf(hit)}, ${share * 100} % of calls`, end }
    },
  }
}

/** What happens between the bot and its Slack. */
export const slackFaults: readonly Fault[] = [
  fate('Slack answers with 429', ['too-fast']),
  fate('Slack answers with 500', ['broken']),
  fate('Slack resets connections', ['reset']),
  fate('Slack does what it is asked, and its answer is lost', ['lost-answer', 'broken-answer']),
  fate('Slack does not answer', ['silence']),
  fate('Slack does all of that at once', ['too-fast', 'broken', 'reset', 'lost-answer', 'broken-answer']),
  {
    what: 'envelopes that come twice, late, or out of order',
    async begin({ replicas }, chances) {
      const hit = some(chances, replicas)
      for (const { envelopes } of hit) {
        const own = chancesFrom(chances.between(0, 1_000_000))
        envelopes.decide(() => {
          if (own.happens(0.4)) return { kind: 'twice' }
          return own.happens(0.5) ? { kind: 'late', ms: own.between(100, 2500) } : { kind: 'once' }
        })
      }
      const end = (): void => hit.forEach(({ envelopes }) => envelopes.decide(() => ({ kind: 'once' })))
      return { forMs: chances.between(4000, 10_000), detail: namesOf(hit), end }
    },
  },
  {
    what: 'sockets to Slack broken off',
    async begin({ replicas }, chances) {
      const hit = some(chances, replicas)
      for (const { envelopes } of hit) envelopes.cut()
      return { forMs: 0, detail: namesOf(hit), end: () => undefined }
    },
  },
]
