import { afterAll, beforeAll } from 'vitest'
import { startLocalSlack, type LocalSlack } from '../../../demo/slack/start.ts'
import { multiplied, SLACK_LIMITS } from '../../../src/adapters/slack/budget.ts'
import { createSlackChat, type SlackChat } from '../../../src/adapters/slack/chat.ts'
import type { Place } from '../../../src/ports/chat.ts'
import { chatContract, type ChatFault } from '../../contracts/chat.ts'
import { connectionRefused, connectionReset, faultyFetch, refused, says, silence, type Fault } from './faults.ts'
import { clock, keptLog } from './support.ts'

const CHANNELS = Array.from({ length: 40 }, (_, index) => ({ id: `C${index}`, name: `place-${index}` }))
const PERSON = 'U0ALICE'

let slack: LocalSlack
let turn = 0

beforeAll(async () => {
  slack = await startLocalSlack({ channels: CHANNELS })
}, 30_000)

afterAll(() => slack.stop())

chatContract('Slack’s Web API, as local-slack and a fault-injecting fetch show it', async () => {
  const channel = `C${turn++}`
  const faulty = faultyFetch()
  const chats: SlackChat[] = []
  const make = (timeoutMs = 10_000): SlackChat => {
    const { apiUrl, app } = slack
    const options = {
      token: app.botToken,
      apiUrl,
      timeoutMs,
      limits: multiplied(SLACK_LIMITS, 50),
      fetch: faulty.fetch,
    }
    const chat = createSlackChat(options, clock, keptLog())
    chats.push(chat)
    return chat
  }
  return {
    chat: make(),
    place: { channel, thread: null },
    person: PERSON,
    nowhere: 'C0NOWHERE',
    restarted: () => make(),
    impatient: () => make(400),
    delete: (message) => slack.delete(message.channel, message.id),
    write: async (text, place) => void (await slack.say(PERSON, place.channel, text, place.thread ?? undefined)),
    shown: (place) => shown(place),
    fault: (fault) => {
      faulty.fault = fault === null ? null : onWrites(fault)
    },
    close: async () => {
      for (const chat of chats) chat.close()
    },
  }
})

async function shown(place: Place) {
  const messages = await slack.messages(place.channel)
  return messages
    .filter((message) => message.subtype !== 'ephemeral' && message.thread_ts === undefined)
    .map(({ ts, text, reactions }) => ({ id: ts, text, reactions: reactions.map((reaction) => reaction.name) }))
}

const CODES = {
  'message-gone': 'message_not_found',
  'not-editable': 'edit_window_closed',
  'place-closed': 'is_inactive',
  'bad-layout': 'msg_blocks_too_long',
  silenced: 'token_revoked',
} as const

function onWrites(fault: ChatFault): Fault {
  return (method, call, signal) => {
    if (!method.startsWith('chat.')) return null
    switch (fault.kind) {
      case 'refuse':
        return Promise.resolve(refused(CODES[fault.as]))
      case 'too-fast':
        return Promise.resolve(says({ ok: false }, 429, { 'retry-after': String(fault.retryAfterMs / 1000) }))
      case 'lost-answer':
        return call().then(() => Promise.reject(connectionReset()))
      case 'silence':
        return silence(signal)
      case 'away':
        return Promise.reject(connectionRefused())
      default:
        return null
    }
  }
}
