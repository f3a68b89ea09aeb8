import { describe, expect, test } from 'vitest'
import {
  clickRequest,
  directRequest,
  isOurAction,
  mentionRequest,
  slashRequest,
} from '../../../src/adapters/slack/requests.ts'
import { createSeen } from '../../../src/adapters/slack/seen.ts'
import type { Clock } from '../../../src/ports/clock.ts'

const mention = (text: string, over: object = {}) =>
  mentionRequest({ event_id: 'Ev1', event: { text, user: 'U1', channel: 'C1', ts: '1.1', ...over } }, 'U0BOT')

const direct = (text: string, over: object = {}) =>
  directRequest(
    { event_id: 'Ev1', event: { text, user: 'U1', channel: 'D1', channel_type: 'im', ts: '1.1', ...over } },
    'U0BOT',
  )

describe('mentions', () => {
  test.each([
    ['<@U0BOT> deploy api staging', 'deploy api staging'],
    ['  <@U0BOT>  deploy  api', 'deploy  api'],
    ['\u00a0<@U0BOT|opsee>:\u00a0status', 'status'],
    ['<@U0BOT>, lock api <@U2>', 'lock api <@U2>'],
    ['<@U0BOT>', ''],
    ['<@U0BOT> get &lt;x&gt;', 'get &lt;x&gt;'],
    ['*<@U0BOT> status*', 'status*'],
  ])('that begin with our name are commands: %s', (text, command) => {
    expect(mention(text)).toMatchObject({ isCommand: true, request: { text: command, requestKey: 'event:Ev1' } })
  })

  test.each(['never <@U0BOT> deploy api', '<@U2> <@U0BOT> deploy api', '> <@U0BOT> deploy api', '`<@U0BOT> x`'])(
    'that only speak of us are none: %s',
    (text) => {
      expect(mention(text)).toMatchObject({ isCommand: false })
    },
  )

  test('without an event id are known by their message', () => {
    const event = { text: '<@U0BOT> x', user: 'U1', channel: 'C1', ts: '1.1' }
    expect(mentionRequest({ event }, 'U0BOT')?.request.requestKey).toBe('event:C1:1.1')
  })

  test.each([null, {}, { event: null }, { event: { user: 'U1' } }])('that are none are ignored: %o', (payload) => {
    expect(mentionRequest(payload, 'U0BOT')).toBeNull()
  })
})

/** Subtypes of a message that @slack/types knows, and which of them a person has just written. */
const written = ['thread_broadcast', 'reply_broadcast', 'file_share', 'file_comment', 'me_message']
const notices = [
  'bot_message',
  'message_changed',
  'message_deleted',
  'message_replied',
  'channel_join',
  'channel_topic',
]

describe('messages that Slack marks with a subtype', () => {
  test.each(written)('are commands when a person has written them: %s', (subtype) => {
    expect(mention('<@U0BOT> status', { subtype })).toMatchObject({ isCommand: true, request: { text: 'status' } })
    expect(direct('status', { subtype })).toMatchObject({ text: 'status' })
  })

  test.each(notices)('are ignored otherwise: %s', (subtype) => {
    expect(mention('<@U0BOT> deploy api', { subtype })).toBeNull()
    expect(direct('deploy api', { subtype })).toBeNull()
  })

  test('in a thread are answered in that thread', () => {
    const over = { subtype: 'thread_broadcast', thread_ts: '1.0' }
    expect(mention('<@U0BOT> abort', over)?.request.place).toEqual({ channel: 'C1', thread: '1.0' })
  })
})

describe('what no person has just written', () => {
  test.each([
    ['a bot', { bot_id: 'B1' }],
    ['ourselves', { user: 'U0BOT' }],
    ['a reminder', { user: 'USLACKBOT' }],
    ['nobody', { user: undefined }],
    ['an edit', { edited: { user: 'U1', ts: '2.2' } }],
    ['a hidden message', { hidden: true }],
  ])('is ignored: %s', (_who, over) => {
    expect(mention('<@U0BOT> deploy api', over)).toBeNull()
    expect(direct('deploy api', over)).toBeNull()
  })
})

describe('direct messages', () => {
  test.each([
    ['status', 'status'],
    ['<@U0BOT> status', 'status'],
    ['', ''],
  ])('are commands, with or without our name: %s', (text, command) => {
    expect(direct(text)).toEqual({
      text: command,
      user: { id: 'U1', name: null },
      place: { channel: 'D1', thread: null },
      requestKey: 'event:D1:1.1',
      source: 'direct',
      responseUrl: null,
      named: { teams: [], enterprises: new Map(), shared: false },
    })
  })

  test('that mention us are one request, whichever of the two events comes first', () => {
    const keys = [
      mention('<@U0BOT> status', { channel: 'D1' })?.request.requestKey,
      direct('<@U0BOT> status')?.requestKey,
    ]
    expect(new Set(keys).size).toBe(1)
  })

  test('are not those of a channel or a group', () => {
    for (const channel_type of ['channel', 'group', 'mpim']) expect(direct('status', { channel_type })).toBeNull()
    expect(direct('status', { channel: 'C1', channel_type: undefined })).toBeNull()
  })
})

describe('clicks', () => {
  const payload = {
    trigger_id: 'T1',
    user: { id: 'U1', username: 'alice' },
    channel: { id: 'C1' },
    container: { channel_id: 'C1', message_ts: '2.2' },
    message: { ts: '2.2' },
    actions: [{ action_id: 'opsee:abort:0', action_ts: '3.3', value: 'abort 12' }],
  }

  test('are the button’s command', () => {
    expect(clickRequest(payload)).toEqual({
      text: 'abort 12',
      user: { id: 'U1', name: 'alice' },
      place: { channel: 'C1', thread: null },
      requestKey: 'button:T1',
      source: 'button',
      responseUrl: null,
      named: { teams: [], enterprises: new Map(), shared: false },
    })
  })

  test('without a trigger id are known by message, time and person', () => {
    expect(clickRequest({ ...payload, trigger_id: undefined })?.requestKey).toBe('button:C1:2.2:3.3:U1')
  })

  test('on a root with replies are in the channel, on a reply in the thread', () => {
    const root = { ...payload, message: { ts: '2.2', thread_ts: '2.2' } }
    const reply = { ...payload, message: { ts: '2.2', thread_ts: '1.1' } }
    expect(clickRequest(root)?.place.thread).toBeNull()
    expect(clickRequest(reply)?.place.thread).toBe('1.1')
  })

  test('in the app’s home, or without a command, are none', () => {
    expect(clickRequest({ ...payload, channel: null, container: { type: 'view' } })).toBeNull()
    expect(clickRequest({ ...payload, actions: [{ action_id: 'opsee:abort:0' }] })).toBeNull()
    expect(clickRequest({ ...payload, actions: [] })).toBeNull()
  })

  test('on other buttons are not ours', () => {
    expect(isOurAction(payload)).toBe(true)
    expect(isOurAction({ actions: [{ action_id: 'other' }] })).toBe(false)
    expect(isOurAction({})).toBe(false)
  })
})

test('a slash command without a text is an empty command', () => {
  const payload = { user_id: 'U1', channel_id: 'D1', trigger_id: 'T1', response_url: 'http://127.0.0.1/r' }
  expect(slashRequest(payload)).toMatchObject({
    text: '',
    place: { channel: 'D1', thread: null },
    requestKey: 'slash:T1',
  })
  expect(slashRequest({ ...payload, user_id: '' })).toBeNull()
})

describe('the memory of requests', () => {
  const seenAt = (most: number) => {
    let now = 0
    const clock: Clock = { now: () => now, monotonic: () => now, sleep: async () => undefined }
    return {
      seen: createSeen(clock, 1_000, most),
      pass: (ms: number) => {
        now += ms
      },
    }
  }

  test('knows a key for its time and no longer', () => {
    const { seen, pass } = seenAt(10)
    expect([seen.first('a'), seen.first('a'), seen.first('b')]).toEqual([true, false, true])
    pass(999)
    expect(seen.first('a')).toBe(false)
    pass(1)
    expect(seen.first('a')).toBe(true)
  })

  test('forgets the oldest when there are too many', () => {
    const { seen } = seenAt(3)
    for (const key of ['a', 'b', 'c', 'd']) seen.first(key)
    expect([seen.first('d'), seen.first('c')]).toEqual([false, false])
    expect(seen.first('a')).toBe(true)
  })
})
