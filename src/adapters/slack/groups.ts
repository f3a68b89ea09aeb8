import type { Clock } from '../../ports/clock.ts'
import type { GroupDirectory } from '../../ports/groups.ts'
import type { Log } from '../../ports/log.ts'
import type { Clients } from './client.ts'
import { failureOf } from './failures.ts'

/** Slack's limit is 20 calls a minute: an answer is used for five minutes, a failure is not asked again for ten seconds. */
const FRESH_MS = 5 * 60_000
const FAILED_MS = 10_000

interface Kept {
  readonly members: Promise<readonly string[] | null>
  readonly until: number
}

/** Slack user groups (`S…`). One call at a time per group; the time limit is the client's. */
export function createSlackGroups(clients: Clients, clock: Clock, log: Log): GroupDirectory {
  const kept = new Map<string, Kept>()

  const ask = async (group: string): Promise<readonly string[] | null> => {
    try {
      const answer = await clients.lookups.usergroups.users.list({ usergroup: group })
      return answer.users ?? []
    } catch (error) {
      log.warn({ group }, `user group not read: ${failureOf(error, 'usergroups.users.list').reason}`)
      return null
    }
  }

  return {
    members(group) {
      const before = kept.get(group)
      if (before !== undefined && clock.monotonic() < before.until) return before.members
      const members = ask(group)
      kept.set(group, { members, until: clock.monotonic() + FRESH_MS })
      void members.then((answer) => {
        if (answer === null) kept.set(group, { members, until: clock.monotonic() + FAILED_MS })
      })
      return members
    },
  }
}
