import type { GroupConfig } from '../config/schema.ts'
import type { Clock } from '../ports/clock.ts'
import type { GroupDirectory } from '../ports/groups.ts'

/** Who is in which group of the configuration. No call rejects or takes longer than a Slack answer may (2 s). */
export interface Groups {
  readonly names: readonly string[]
  /** Slack user ids; null when the chat does not say, and has not said lately. */
  members(group: string): Promise<readonly string[] | null>
  /** `unknown` are the groups whose members cannot be read now. */
  of(userId: string): Promise<{ readonly groups: readonly string[]; readonly unknown: readonly string[] }>
}

/** A membership younger than this is not asked for again. */
const freshMs = 60_000
/** A membership older than this counts for nothing, even while Slack is away. */
const staleMs = 15 * 60_000
/** How long the answer may take before an older one, or none, has to do. */
const answerMs = 1500
/** A question that was not answered by then is asked anew. */
const mostAskingMs = 15_000

interface Known {
  readonly members: readonly string[]
  readonly at: number
}

export function createGroups(deps: {
  readonly groups: Readonly<Record<string, GroupConfig>>
  /** Asked only for groups that are Slack user groups. */
  readonly directory: GroupDirectory
  readonly clock: Clock
}): Groups {
  const { clock } = deps
  const configured = new Map(Object.entries(deps.groups))
  const known = new Map<string, Known>()
  const asking = new Map<string, Promise<void>>()

  async function ask(groupId: string): Promise<void> {
    const at = clock.monotonic()
    const members = await deps.directory.members(groupId).catch(() => null)
    if (members !== null) known.set(groupId, { members, at })
  }

  /** Asks once for all who wait for the same group. */
  function refresh(groupId: string): Promise<void> {
    const running = asking.get(groupId)
    if (running !== undefined) return running
    const given = new AbortController()
    const started = Promise.race([ask(groupId), clock.sleep(mostAskingMs, given.signal)]).finally(() => {
      given.abort()
      asking.delete(groupId)
    })
    asking.set(groupId, started)
    return started
  }

  async function members(name: string): Promise<readonly string[] | null> {
    const group = configured.get(name)
    if (group === undefined) return null
    if ('users' in group) return group.users
    const id = group.slackUserGroup
    const youngerThan = (ms: number): readonly string[] | null => {
      const found = known.get(id)
      return found !== undefined && clock.monotonic() - found.at < ms ? found.members : null
    }
    const fresh = youngerThan(freshMs)
    if (fresh !== null) return fresh
    const waiting = new AbortController()
    await Promise.race([refresh(id), clock.sleep(answerMs, waiting.signal)])
    waiting.abort()
    return youngerThan(staleMs)
  }

  return {
    names: [...configured.keys()],
    members,
    async of(userId) {
      const answers = await Promise.all(
        [...configured.keys()].map(async (name) => ({ name, members: await members(name) })),
      )
      return {
        groups: answers.filter((answer) => answer.members?.includes(userId)).map((answer) => answer.name),
        unknown: answers.filter((answer) => answer.members === null).map((answer) => answer.name),
      }
    },
  }
}
