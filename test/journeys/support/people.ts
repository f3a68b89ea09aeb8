import { channels, people } from '../../../demo/demo/stage.ts'
import type { LocalSlack } from '../../../demo/slack/start.ts'
import type { SlackMessage } from '../../../demo/slack/control.ts'
import { startStopwatch } from '../../support/stopwatch.ts'
import { until } from './until.ts'

export type Person = keyof typeof people

/** What the bot said to one command. */
export interface Answer {
  readonly text: string
  /** Whom alone it is for; null when everybody sees it. */
  readonly to: string | null
  readonly message: SlackMessage
  /** Milliseconds from the typing until the answer was visible, as `startStopwatch` measures. */
  readonly ms: number
}

/** Types `/opsee <text>` in #deploys as this person and waits for the answer. */
export async function ask(slack: LocalSlack, person: Person, text: string): Promise<Answer> {
  return answerTo(slack, () => slack.command(people[person], channels.main, text))
}

/** Writes `@opsee <text>`, in a thread when given, and waits for the answer. */
export async function mention(slack: LocalSlack, person: Person, text: string, thread?: string): Promise<Answer> {
  return answerTo(slack, () => slack.mention(people[person], channels.main, text, thread))
}

/** Clicks a button so many times at once, and waits for as many answers. */
export async function clicks(
  slack: LocalSlack,
  person: Person,
  message: string,
  button: string,
  times: number,
): Promise<readonly string[]> {
  const before = new Set((await slack.messages(channels.main)).map(({ ts }) => ts))
  await Promise.all(Array.from({ length: times }, () => slack.click(people[person], channels.main, message, button)))
  const answers = await until(`${times} answers`, async () => {
    const all = await slack.messages(channels.main)
    const found = all.filter((one) => !before.has(one.ts) && isAnswer(one, slack.app.botUserId))
    return found.length >= times ? found : null
  })
  return answers.map(({ text }) => text)
}

/** Clicks a button and waits for the answer. */
export async function click(slack: LocalSlack, person: Person, message: string, button: string): Promise<Answer> {
  return answerTo(slack, () => slack.click(people[person], channels.main, message, button))
}

async function answerTo(slack: LocalSlack, act: () => Promise<unknown>): Promise<Answer> {
  const before = new Set((await slack.messages(channels.main)).map(({ ts }) => ts))
  const elapsed = startStopwatch()
  await act()
  const look = async (): Promise<SlackMessage | undefined> =>
    (await slack.messages(channels.main)).find((one) => !before.has(one.ts) && isAnswer(one, slack.app.botUserId))
  const message = await until('an answer', look, () => '', 25)
  return { text: message.text, to: message.ephemeral_to ?? null, message, ms: elapsed() }
}

/** Not a rollout's root, and no line of a thread. */
const isAnswer = (message: SlackMessage, bot: string): boolean =>
  message.user === bot &&
  (message.ephemeral_to !== undefined || (message.thread_ts === undefined && !/^Rollout \d+:/.test(message.text)))
