import { z } from 'zod'

const reaction = z.object({ name: z.string(), users: z.array(z.string()) })
const element = z.looseObject({
  type: z.string(),
  action_id: z.string().optional(),
  value: z.string().optional(),
  text: z.unknown().optional(),
})
const block = z.looseObject({
  type: z.string(),
  block_id: z.string().optional(),
  elements: z.array(element).optional(),
})
const message = z.object({
  ts: z.string(),
  channel: z.string(),
  user: z.string().optional(),
  text: z.string().default(''),
  thread_ts: z.string().optional(),
  /** `ephemeral` for what only `ephemeral_to` should see (local-slack's page shows it to all). */
  subtype: z.string().optional(),
  ephemeral_to: z.string().optional(),
  blocks: z.array(block).default([]),
  reactions: z.array(reaction).default([]),
})
const logEntry = z.object({
  time: z.number(),
  direction: z.string(),
  kind: z.string(),
  summary: z.string(),
  detail: z.unknown().optional(),
})

export type SlackMessage = z.infer<typeof message>
/** One line of local-slack's log (it keeps 1,000): `direction` is `to_bot`, `from_bot` or `internal`. */
type SlackLogEntry = z.infer<typeof logEntry>

/** A person at local-slack, through its control API. Rejects when local-slack is away or refuses. */
export interface SlackControl {
  /** Types `/opsee <text>`. Resolves once the bot acknowledged; when it does not, after 5 s and all the same. */
  command(user: string, channel: string, text: string): Promise<void>
  /** Writes a message, in the thread of `thread` when given; what begins with the bot's mention reaches the bot. */
  say(user: string, channel: string, text: string, thread?: string): Promise<SlackMessage>
  /** Writes `@opsee <text>`. */
  mention(user: string, channel: string, text: string, thread?: string): Promise<SlackMessage>
  /** Clicks the button that has this label or command. Rejects with the buttons that there are. */
  click(user: string, channel: string, message: string, button: string): Promise<void>
  edit(user: string, channel: string, message: string, text: string): Promise<void>
  /** Deletes a message of the bot, as an admin could (through the Web API: local-slack has no admins). */
  delete(channel: string, message: string): Promise<void>
  /** All messages of the channel, oldest first: replies and ephemeral ones too. */
  messages(channel: string): Promise<readonly SlackMessage[]>
  log(): Promise<readonly SlackLogEntry[]>
}

export function createSlackControl(
  url: string,
  bot: { readonly userId: string; readonly command: string },
): SlackControl {
  const call = async (path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${url}/_control/${path}`, {
      ...(body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    })
    const json: unknown = await answer.json()
    if (!answer.ok) throw new Error(`local-slack refused ${path}: ${JSON.stringify(json)}`)
    return json
  }
  const messages = async (channel: string): Promise<readonly SlackMessage[]> =>
    z.object({ messages: z.array(message) }).parse(await call(`messages/${channel}`)).messages
  const say = async (user: string, channel: string, text: string, thread?: string): Promise<SlackMessage> => {
    const said = await call('message', { channel, user, text, ...(thread === undefined ? {} : { thread_ts: thread }) })
    return z.object({ message }).parse(said).message
  }

  return {
    messages,
    say,
    async command(user, channel, text) {
      await call('command', { channel, user, command: bot.command, text })
    },
    mention: (user, channel, text, thread) => say(user, channel, `<@${bot.userId}> ${text}`, thread),
    async click(user, channel, id, button) {
      const shown = (await messages(channel)).find((candidate) => candidate.ts === id)
      if (shown === undefined) throw new Error(`no message ${id} in ${channel}`)
      const buttons = shown.blocks.flatMap((one) =>
        (one.elements ?? []).flatMap((each) => (each.type === 'button' ? [{ block: one.block_id, each }] : [])),
      )
      const wanted = buttons.find(({ each }) => each.value === button || labelOf(each.text) === button)
      if (wanted === undefined) {
        const names = buttons.map(({ each }) => `"${labelOf(each.text)}" (${each.value})`).join(', ')
        throw new Error(`no button "${button}" on message ${id}; there are: ${names || 'none'}`)
      }
      await call('interact', { channel, messageTs: id, user, action: { ...wanted.each, block_id: wanted.block } })
    },
    async edit(user, channel, ts, text) {
      await call('edit-message', { channel, ts, user, text })
    },
    async delete(channel, ts) {
      const answer = await fetch(`${url}/api/chat.delete`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ channel, ts }),
        signal: AbortSignal.timeout(10_000),
      })
      const { ok, error } = z.object({ ok: z.boolean(), error: z.string().optional() }).parse(await answer.json())
      if (!ok) throw new Error(`local-slack did not delete ${ts}: ${error}`)
    },
    async log() {
      return z.object({ log: z.array(logEntry) }).parse(await call('log')).log
    },
  }
}

function labelOf(text: unknown): string {
  const label = z.object({ text: z.string() }).safeParse(text)
  return label.success ? label.data.text : ''
}
