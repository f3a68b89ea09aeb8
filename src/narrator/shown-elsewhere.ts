import { link } from '../domain/wording.ts'
import type { ChatReader, Message } from '../ports/chat.ts'
import type { Clock } from '../ports/clock.ts'
import type { Incoming } from '../ports/incoming.ts'
import { StoreUnavailable, type StoreReader } from '../ports/store.ts'
import { keys } from '../store/keys.ts'
import { UnreadableRecord } from '../store/record.ts'
import { threadRecord, type Thread } from './thread-record.ts'

/** The narrator posts within some hundred milliseconds; an answer waits no longer than this for it. In milliseconds. */
const withinMs = 2000
const everyMs = 100

interface ElsewhereDeps {
  readonly store: Pick<StoreReader, 'get'>
  readonly chat: Pick<ChatReader, 'linkTo'>
  readonly clock: Clock
}

/**
 * The answer to a command typed where the bot cannot speak, with the channel and the thread that show the rollout instead. Any
 * other answer stays as it is. Waits for the root message for two seconds at the longest. Never rejects.
 */
export async function withThreadElsewhere(
  reply: { readonly message: Message; readonly outcome: string; readonly rollouts: readonly number[] },
  incoming: Pick<Incoming, 'source' | 'place'>,
  deps: ElsewhereDeps,
): Promise<Message> {
  const { message: answer } = reply
  const [id, ...others] = reply.rollouts
  const asked = incoming.place
  // Only a slash command can come from where the bot cannot speak.
  if (incoming.source !== 'slash' || reply.outcome !== 'done' || id === undefined || others.length > 0) return answer
  const thread = await threadOf(id, deps)
  if (thread === null || !thread.moved || thread.silent || thread.home.channel === asked.channel) return answer
  const { root, home } = thread
  const address = root === null ? null : await deps.chat.linkTo(root, home.thread === root.id ? null : home.thread)
  const where = `<#${home.channel}>${address === null ? '' : `: ${link(address, 'open its thread')}`}`
  const line = `I cannot speak here, so rollout ${id} is shown in ${where}. If I am not in this channel, \`/invite @opsee\` here helps.`
  return { ...answer, text: `${answer.text}\n${line}`, sections: [...answer.sections, { kind: 'text', text: line }] }
}

/** The narrator's position once its root message is posted, or as it is when the time is over; null when it is not known. */
async function threadOf(id: number, { store, clock }: ElsewhereDeps): Promise<Thread | null> {
  const until = clock.monotonic() + withinMs
  for (;;) {
    let thread: Thread | null = null
    try {
      const entry = await store.get(keys.thread(id))
      thread = entry === null ? null : threadRecord.read(entry)
    } catch (error) {
      if (error instanceof StoreUnavailable || error instanceof UnreadableRecord) return null
      throw error
    }
    if ((thread !== null && (thread.root !== null || thread.silent)) || clock.monotonic() >= until) return thread
    await clock.sleep(everyMs)
  }
}
