import { z } from 'zod'
import type { Evidence, Violation } from './evidence.ts'
import { contentOf, isTerminal, type Story } from './story.ts'

const row = z.object({ id: z.number(), phase: z.string() })

/**
 * Invariant 3: every accepted rollout ends in a terminal phase, with exactly one history row and one closing message. To be
 * asked when everything has had its time to end.
 */
export function endedOnce(evidence: Evidence, stories: readonly Story[]): Violation[] {
  const rows = evidence.changes.flatMap((change) => {
    const index = /^history\/(.+)\/\d{12}$/.exec(change.key)?.[1]
    return index === undefined || change.value === null ? [] : [{ index, ...row.parse(contentOf(change)) }]
  })
  return stories.flatMap((story) => {
    const say = (message: string): Violation => ({ invariant: 3, rollout: story.id, message })
    const { ended, versions } = story
    if (ended === null) return [say(`did not end: it is ${versions.at(-1)?.is.phase ?? 'nothing'}`)]
    const found: Violation[] = []
    const last = versions.at(-1)?.is.phase ?? ''
    if (last !== ended.is.phase) found.push(say(`ended as ${ended.is.phase} and is ${last} now`))
    const endings = versions.filter(
      ({ is }, index) => isTerminal(is.phase) && !isTerminal(versions[index - 1]?.is.phase ?? ''),
    )
    if (endings.length !== 1) found.push(say(`ended ${endings.length} times`))
    for (const index of ['all', story.target]) {
      const own = rows.filter((one) => one.index === index && one.id === story.id)
      if (own.length !== 1) found.push(say(`has ${own.length} rows in history/${index}/`))
      for (const { phase } of own) {
        if (phase !== ended.is.phase) found.push(say(`ended as ${ended.is.phase}, and history/${index}/ says ${phase}`))
      }
    }
    if (story.untold) found.push(say('ended and was not told to its end'))
    const closing = closingMessages(evidence, story.id)
    if (closing.length !== 1) found.push(say(`has ${closing.length} closing messages where the team follows`))
    return found
  })
}

export const closingMessages = (evidence: Evidence, id: number): Evidence['messages'] =>
  evidence.messages.filter(
    ({ channel, text, user }) =>
      channel === evidence.historyChannel && user === evidence.bot && text.endsWith(`(rollout ${id})`),
  )
