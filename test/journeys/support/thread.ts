import { expect } from 'vitest'
import { channels } from '../../../demo/demo/stage.ts'
import type { SlackMessage } from '../../../demo/slack/control.ts'
import { rootMessage } from '../../../src/narrator/board.ts'
import { lineOf } from '../../../src/narrator/lines.ts'
import type { Records } from './records.ts'
import type { Shop } from './shop.ts'

export interface Told {
  readonly root: SlackMessage
  /** What the thread says, message by message joined by line ends. */
  readonly lines: readonly string[]
  /** Where the team follows. */
  readonly closing: readonly SlackMessage[]
}

/** What Slack shows of a rollout that was told to its end. */
export async function shown({ slack }: Shop, records: Records, id: number): Promise<Told> {
  const thread = await records.thread(id)
  if (thread?.root === null || thread === null) throw new Error(`rollout ${id} has no root message`)
  const messages = await slack.messages(thread.home.channel)
  const root = messages.find(({ ts }) => ts === thread.root?.id)
  if (root === undefined) throw new Error(`the root message ${thread.root.id} of rollout ${id} is not there`)
  const lines = messages.filter(
    (one) =>
      one.thread_ts === thread.home.thread &&
      one.ts !== root.ts &&
      one.user === slack.app.botUserId &&
      one.ephemeral_to === undefined,
  )
  const closing = (await slack.messages(channels.history)).filter(({ text }) => text.includes(`(rollout ${id})`))
  return { root, lines: lines.flatMap(({ text }) => text.split('\n')), closing }
}

/**
 * What must be true of every rollout at its end: the thread has a line for each recorded event, in order and once; one
 * root message, in its final state; one closing line; one status reaction; one history row.
 */
export async function expectToldOnce(shop: Shop, records: Records, id: number): Promise<Told> {
  const rollout = await records.rollout(id)
  const events = await records.events(id)
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  expect(events.length).toBe(rollout.seq)
  expect(events.filter(({ fact }) => fact.kind === 'ended')).toHaveLength(1)

  const told = await shown(shop, records, id)
  const expected = events.flatMap((event) => lineOf(event, rollout)?.split('\n') ?? [])
  expect(told.lines).toEqual(expected)

  const all = [...(await shop.slack.messages(channels.main)), ...(await shop.slack.messages(channels.history))]
  const roots = all.filter(({ text }) => text.startsWith(`Rollout ${id}: `))
  expect(roots).toHaveLength(1)
  expect(told.root.text).toBe(rootMessage(rollout).text)
  expect(told.closing).toHaveLength(1)
  expect((told.root.reactions ?? []).map(({ name, users }) => ({ name, users: users.length }))).toEqual([
    { name: reactions[rollout.phase], users: 1 },
  ])
  expect((await records.history()).filter((row) => row.id === id)).toHaveLength(1)
  return told
}

const reactions = {
  queued: 'hourglass',
  rolling: 'hourglass_flowing_sand',
  paused: 'double_vertical_bar',
  succeeded: 'white_check_mark',
  failed: 'x',
  aborted: 'no_entry_sign',
  'rolling-back': 'rewind',
  'rolled-back': 'leftwards_arrow_with_hook',
  'rollback-failed': 'rotating_light',
  cancelled: 'heavy_minus_sign',
} as const
