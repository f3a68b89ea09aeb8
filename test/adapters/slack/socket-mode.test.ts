import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSlackChat, type SlackChat } from '../../../src/adapters/slack/chat.ts'
import { createSlackReceiver, SlackRefused, type SlackReceiver } from '../../../src/adapters/slack/receiver.ts'
import type { Incoming } from '../../../src/ports/incoming.ts'
import { BOT, directEnvelope, mentionEnvelope, slashEnvelope, startFakeSlack, type FakeSlack } from './fake-slack.ts'
import { clock, eventually, keptLog } from './support.ts'
import { startStopwatch } from '../../support/stopwatch.ts'

let slack: FakeSlack
let chat: SlackChat
let receiver: SlackReceiver
let heard: Incoming[]
let log: ReturnType<typeof keptLog>
const unhandled: unknown[] = []
const note = (reason: unknown) => unhandled.push(reason)

beforeEach(async () => {
  process.on('unhandledRejection', note)
  slack = await startFakeSlack()
  heard = []
  log = keptLog()
  chat = createSlackChat({ token: BOT.token, apiUrl: slack.apiUrl, timeoutMs: 500 }, clock, log)
  receiver = createSlackReceiver(
    { mode: 'socket', command: '/opsee', chat, appToken: BOT.appToken, apiUrl: slack.apiUrl, timeoutMs: 500 },
    { command: async (incoming) => void heard.push(incoming) },
    clock,
    log,
  )
})

afterEach(async () => {
  await receiver.stop()
  chat.close()
  await slack.stop()
  await sleep(5)
  process.off('unhandledRejection', note)
  const found = unhandled.splice(0)
  if (found.length > 0) throw new Error('an unhandled rejection, which ends the process', { cause: found[0] })
})

const both = (): Promise<true> => eventually(() => (receiver.ways() === 2 ? true : undefined))
const texts = (): readonly string[] => heard.map((incoming) => incoming.text)
const started = async (): Promise<void> => {
  await receiver.start()
  await both()
}
const first = (): FakeSlack['sockets'][number] => {
  const [socket] = slack.open()
  if (socket === undefined) throw new Error('no socket is open')
  return socket
}
const disconnect = JSON.stringify({ type: 'disconnect', reason: 'refresh_requested' })

describe('two connections', () => {
  test('the sockets are asked for with the app token alone, the rest with the bot token', async () => {
    await started()
    const tokens = (method: string) =>
      slack.calls.filter((call) => call.method === method).map((call) => call.authorization)
    // A third one is a connection that was made anew on a busy machine.
    expect(tokens('apps.connections.open').length).toBeGreaterThanOrEqual(2)
    expect(new Set(tokens('apps.connections.open'))).toEqual(new Set([`Bearer ${BOT.appToken}`]))
    expect(new Set(tokens('auth.test'))).toEqual(new Set([`Bearer ${BOT.token}`]))
  })

  test('a refresh leaves the other one up and is over at once, not in five seconds', async () => {
    await started()
    let fewest = 2
    const watch = setInterval(() => (fewest = Math.min(fewest, slack.open().length)), 1)
    const elapsed = startStopwatch()
    first().send(disconnect)
    await eventually(() => (slack.sockets.length === 3 ? true : undefined))
    await both()
    clearInterval(watch)
    expect(elapsed()).toBeLessThan(3_000)
    expect(fewest).toBeGreaterThanOrEqual(1)
  })

  test('a refresh of both at the same time is over at once', async () => {
    await started()
    const elapsed = startStopwatch()
    for (const socket of slack.open()) socket.send(disconnect)
    await eventually(() => (slack.sockets.length === 4 ? true : undefined))
    await both()
    expect(elapsed()).toBeLessThan(3_000)
  })

  test('a peer that does not finish the closing handshake holds nothing up', async () => {
    await started()
    first().ignoreClose()
    const elapsed = startStopwatch()
    first().send(disconnect)
    await eventually(() => (slack.sockets.length === 3 ? true : undefined))
    await both()
    expect(elapsed()).toBeLessThan(5_000)
  })

  test('the same command over both, and delivered again, is acknowledged each time and handled once', async () => {
    await started()
    const envelope = slashEnvelope('deploy api staging')
    for (const socket of slack.open()) socket.send(envelope)
    await eventually(() => (slack.acks.length === 2 ? true : undefined))
    first().send(envelope)
    await eventually(() => (slack.acks.length === 3 ? true : undefined))
    first().send(slashEnvelope('status'))
    await eventually(() => heard[1])
    expect(texts()).toEqual(['deploy api staging', 'status'])
  })

  test('a redelivered event is acknowledged and not handled again', async () => {
    await started()
    const text = `<@${BOT.userId}> status`
    const original = mentionEnvelope(text)
    const parsed: object = JSON.parse(original)
    const again = {
      ...parsed,
      envelope_id: 'again',
      retry_attempt: 1,
      retry_reason: 'timeout',
    }
    first().send(original)
    await eventually(() => heard[0])
    first().send(JSON.stringify(again))
    await eventually(() => slack.acks.find((ack) => ack.id === 'again'))
    await sleep(20)
    expect(texts()).toEqual(['status'])
  })
})

describe('outages', () => {
  test('an outage longer than any retry is over soon after Slack is back', async () => {
    await started()
    await slack.down()
    await eventually(() => (receiver.ways() === 0 ? true : undefined))
    await sleep(1_200)
    await slack.up()
    const elapsed = startStopwatch()
    await both()
    expect(elapsed()).toBeLessThan(6_000)
    first().send(slashEnvelope('status'))
    await eventually(() => heard[0])
  })

  test('a start while Slack is away waits for it', async () => {
    await slack.down()
    const starting = receiver.start()
    await eventually(() => log.lines.find((line) => line.message.startsWith('Slack is away')))
    await slack.up()
    await starting
    expect(receiver.ways()).toBeGreaterThan(0)
  })

  test('an app token that is revoked while the bot runs is told, and the process lives', async () => {
    await started()
    slack.answer('apps.connections.open', { ok: false, error: 'account_inactive' })
    for (const socket of slack.open()) socket.destroy()
    await eventually(() => log.lines.find((line) => line.message.includes('account_inactive to SLACK_APP_TOKEN')))
    expect(receiver.ways()).toBe(0)
  })

  test('a server that never says hello is given up and does not hold up the end', async () => {
    slack.greet(false)
    const starting = receiver.start()
    await eventually(() => (slack.open().length === 2 ? true : undefined))
    const elapsed = startStopwatch()
    await receiver.stop()
    expect(elapsed()).toBeLessThan(5_000)
    await eventually(() => (slack.open().length === 0 ? true : undefined))
    await expect(starting).resolves.toBeUndefined()
  })
})

describe('tokens', () => {
  test('a bad bot token is refused at the start with its variable and what Slack answered', async () => {
    slack.answer('auth.test', { ok: false, error: 'invalid_auth' })
    const failure = receiver.start()
    await expect(failure).rejects.toThrow(SlackRefused)
    await expect(failure).rejects.toThrow(/SLACK_BOT_TOKEN is refused: Slack answered invalid_auth/)
    expect(slack.sockets).toEqual([])
  })

  test('a person’s token is refused, for a bot it has not', async () => {
    slack.answer('auth.test', { ok: true, user_id: 'U1' })
    await expect(receiver.start()).rejects.toThrow(/SLACK_BOT_TOKEN is refused: the token belongs to a person/)
  })

  test('a bad app token is refused at the start with its variable and what Slack answered', async () => {
    slack.answer('apps.connections.open', { ok: false, error: 'invalid_auth' })
    await expect(receiver.start()).rejects.toThrow(/SLACK_APP_TOKEN is refused: Slack answered invalid_auth/)
  })
})

describe('what is not a command of ours', () => {
  test('another slash command is acknowledged with what to type', async () => {
    await started()
    first().send(slashEnvelope('x', { command: '/other' }))
    const ack = await eventually(() => slack.acks[0])
    expect(ack.payload).toMatchObject({
      response_type: 'ephemeral',
      text: '`/other` is not a command of mine: type `/opsee help`',
    })
    expect(heard).toEqual([])
  })

  test('foreign clicks, modals, shortcuts and menus are acknowledged', async () => {
    await started()
    const user = { id: 'U1' }
    const payloads = [
      { type: 'block_actions', user, channel: { id: 'C1' }, actions: [{ action_id: 'x', type: 'button', value: 'y' }] },
      { type: 'view_submission', user, view: { callback_id: 'x' } },
      { type: 'view_closed', user, view: { callback_id: 'x' } },
      { type: 'shortcut', user, callback_id: 'x' },
      { type: 'message_action', user, callback_id: 'x', channel: { id: 'C1' } },
      { type: 'block_suggestion', user, action_id: 'x', block_id: 'y', value: '' },
    ]
    for (const [index, payload] of payloads.entries()) {
      first().send(JSON.stringify({ type: 'interactive', envelope_id: `foreign-${index}`, payload }))
    }
    await eventually(() => (slack.acks.length === payloads.length ? true : undefined))
    expect(heard).toEqual([])
  })

  test('what is no envelope harms nothing', async () => {
    await started()
    const nonsense = [
      'null',
      '"x"',
      '[]',
      'not json',
      '{}',
      '{"type":"events_api","payload":{}}',
      '{"type":"events_api"}',
    ]
    for (const text of nonsense) first().send(text)
    first().send(slashEnvelope('status', { user_id: undefined }))
    first().send(slashEnvelope('status'))
    await eventually(() => heard[0])
    expect(texts()).toEqual(['status'])
  })

  test('messages of bots, of ourselves and edits are no commands', async () => {
    await started()
    const text = `<@${BOT.userId}> deploy api production`
    first().send(mentionEnvelope(text, { event: { bot_id: 'B0OTHER' } }))
    first().send(mentionEnvelope(text, { event: { user: BOT.userId } }))
    first().send(mentionEnvelope(text, { event: { edited: { user: 'U1', ts: '2' } } }))
    first().send(mentionEnvelope(text, { event: { subtype: 'bot_message' } }))
    first().send(mentionEnvelope(`<@${BOT.userId}> status`))
    await eventually(() => heard[0])
    expect(texts()).toEqual(['status'])
  })
})

describe('a direct message', () => {
  test('is a command, answered by an ordinary message that is there tomorrow', async () => {
    await started()
    first().send(directEnvelope('status'))
    const incoming = await eventually(() => heard[0])
    expect(incoming).toMatchObject({ text: 'status', source: 'direct', place: { channel: 'D1', thread: null } })
    slack.answer('chat.postMessage', { ok: true, channel: 'D1', ts: '2.2' })
    await incoming.reply({ text: 'all is quiet', sections: [] }, 'sender')
    const methods = slack.calls.map((call) => call.method).filter((method) => method.startsWith('chat.'))
    expect(methods).toEqual(['chat.postMessage'])
    expect(slack.calls.at(-1)?.arguments.get('channel')).toBe('D1')
  })

  test('of ours, of a bot or in a channel is no command', async () => {
    await started()
    first().send(directEnvelope('deploy api production', { user: BOT.userId }))
    first().send(directEnvelope('deploy api production', { bot_id: 'B0OTHER' }))
    first().send(directEnvelope('deploy api production', { channel: 'C1', channel_type: 'channel' }))
    first().send(directEnvelope('status'))
    await eventually(() => heard[0])
    expect(texts()).toEqual(['status'])
  })

  test('that mentions us is handled once, though Slack may send it as two events', async () => {
    await started()
    const event = { channel: 'D1', channel_type: 'im', ts: '7.7' }
    first().send(directEnvelope(`<@${BOT.userId}> status`, event))
    first().send(mentionEnvelope(`<@${BOT.userId}> status`, { event }))
    first().send(directEnvelope('help'))
    await eventually(() => heard[1])
    expect(texts()).toEqual(['status', 'help'])
  })
})

describe('a mention in a message that is also sent to the channel', () => {
  test('is a command', async () => {
    await started()
    first().send(
      mentionEnvelope(`<@${BOT.userId}> status`, { event: { subtype: 'thread_broadcast', thread_ts: '1.0' } }),
    )
    expect(await eventually(() => heard[0])).toMatchObject({ text: 'status', place: { channel: 'C1', thread: '1.0' } })
  })
})

describe('the end', () => {
  test('every socket is closed when stop resolves', async () => {
    await started()
    await receiver.stop()
    await eventually(() => (slack.open().length === 0 ? true : undefined), 200)
    await sleep(300)
    expect(slack.sockets).toHaveLength(2)
  })

  test('a peer that ignores the closing handshake does not hold it up', async () => {
    await started()
    for (const socket of slack.open()) socket.ignoreClose()
    const elapsed = startStopwatch()
    await receiver.stop()
    expect(elapsed()).toBeLessThan(6_000)
    await eventually(() => (slack.open().length === 0 ? true : undefined), 500)
  })
})
