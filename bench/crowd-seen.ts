import type { LocalSlack } from '../demo/slack/start.ts'
import type { RolloutEvent } from '../src/domain/event.ts'
import type { Rollout } from '../src/domain/rollout.ts'
import { reactionOf, rootMessage } from '../src/narrator/board.ts'
import { lineOf } from '../src/narrator/lines.ts'
import { fingerprint } from '../src/narrator/root.ts'
import { threadRecord } from '../src/narrator/thread-record.ts'
import { keys, numberIn } from '../src/store/keys.ts'
import { rolloutRecord } from '../src/store/records.ts'
import type { Change } from './follow.ts'
import { historyChannel, teamChannels } from './shop.ts'
import { lineNumber } from './slack-gate.ts'

export interface Story {
  readonly rollout: Rollout
  readonly events: readonly RolloutEvent[]
}

/** For each message of a thread: seconds from the newest event in it that has a line until Slack took the message. */
export function linesSeen(
  stories: readonly Story[],
  shown: readonly { readonly key: string; readonly at: number }[],
): number[] {
  return stories.flatMap(({ rollout, events }) => {
    const told = events.filter((event) => lineOf(event, rollout) !== null)
    return shown.flatMap(({ key, at }) => {
      const upTo = lineNumber(key, rollout.id)
      const newest = told.findLast(({ seq }) => seq <= upTo)
      return newest === undefined ? [] : [(at - newest.at) / 1000]
    })
  })
}

/**
 * For each state that a root message showed: seconds from the moment when the rollout was first so, until the narrator
 * recorded that it is shown, both as a watch of etcd saw them. States that newer ones overtook are not shown.
 */
export function rootsSeen(changes: readonly Change[]): number[] {
  const since = new Map<string, number>()
  const shown = new Set<string>()
  const seconds: number[] = []
  for (const { key, value, by } of changes) {
    if (value === null) continue
    const entry = { key, value, modified: '1', created: '1' }
    if (key.startsWith(keys.rollouts)) {
      const state = `${numberIn(key)} ${fingerprint(rootMessage(rolloutRecord.read(entry)))}`
      if (!since.has(state)) since.set(state, by)
    } else if (key.startsWith('threads/')) {
      const state = `${numberIn(key)} ${threadRecord.read(entry).rootShown}`
      const first = since.get(state)
      if (first === undefined || shown.has(state)) continue
      shown.add(state)
      seconds.push((by - first) / 1000)
    }
  }
  return seconds
}

/** What people do not see though it ended so: the root, the reaction, the last line, the one closing line. */
export async function undelivered(
  stories: readonly Story[],
  store: ReadonlyMap<string, string>,
  slack: Pick<LocalSlack, 'messages'>,
): Promise<string[]> {
  const messages = (await Promise.all(teamChannels.map((channel) => slack.messages(channel)))).flat()
  const closings = await slack.messages(historyChannel)
  return stories.flatMap(({ rollout, events }) => {
    const { id } = rollout
    const value = store.get(keys.thread(id)) ?? ''
    const thread = threadRecord.read({ key: keys.thread(id), value, modified: '1', created: '1' })
    const root = messages.find(({ ts }) => ts === thread.root?.id)
    const last = events.at(-1)
    const end = last === undefined ? null : lineOf(last, rollout)
    const replies = messages.filter(({ thread_ts }) => thread_ts === thread.root?.id)
    const closing = closings.filter(({ text }) => text.endsWith(`(rollout ${id})`))
    return [
      ...(root?.text === rootMessage(rollout).text ? [] : [`the root of rollout ${id} says "${root?.text}"`]),
      ...(root?.reactions.some(({ name }) => name === reactionOf(rollout))
        ? []
        : [`rollout ${id} has no last reaction`]),
      ...(replies.some(({ text }) => text === end) ? [] : [`the thread of rollout ${id} lacks its last line`]),
      ...(closing.length === 1 ? [] : [`rollout ${id} has ${closing.length} closing lines`]),
    ]
  })
}
