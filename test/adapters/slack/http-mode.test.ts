import { createHmac } from 'node:crypto'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startLocalSlack } from '../../../demo/slack/start.ts'
import { freePorts } from '../../../demo/etcd/ports.ts'
import { createSlackChat, type SlackChat } from '../../../src/adapters/slack/chat.ts'
import { createSlackReceiver, type SlackReceiver } from '../../../src/adapters/slack/receiver.ts'
import type { Incoming } from '../../../src/ports/incoming.ts'
import { BOT, startFakeSlack, type FakeSlack } from './fake-slack.ts'
import { clock, eventually, keptLog } from './support.ts'
import { startStopwatch } from '../../support/stopwatch.ts'

const SECRET = 'signing-secret'

let slack: FakeSlack
let chat: SlackChat
let receiver: SlackReceiver
let heard: Incoming[]
let work: () => Promise<void>
let log: ReturnType<typeof keptLog>

const receiverAt = (port: number): SlackReceiver =>
  createSlackReceiver(
    { mode: 'http', command: '/opsee', chat, signingSecret: SECRET, port, host: '127.0.0.1', timeoutMs: 2_000 },
    {
      command: async (incoming) => {
        heard.push(incoming)
        await work()
      },
    },
    clock,
    log,
  )

beforeEach(async () => {
  slack = await startFakeSlack()
  heard = []
  work = async () => undefined
  log = keptLog()
  chat = createSlackChat({ token: BOT.token, apiUrl: slack.apiUrl, timeoutMs: 2_000 }, clock, log)
  receiver = receiverAt(0)
  await receiver.start()
})

afterEach(async () => {
  await receiver.stop()
  chat.close()
  await slack.stop()
})

interface Sent {
  readonly secret?: string
  /** Seconds that the sender's clock is ahead. */
  readonly ahead?: number
  readonly headers?: Record<string, string>
}

function send(body: string, type: string, over: Sent = {}): Promise<Response> {
  const timestamp = String(Math.floor(Date.now() / 1000) + (over.ahead ?? 0))
  const signature = createHmac('sha256', over.secret ?? SECRET)
    .update(`v0:${timestamp}:${body}`)
    .digest('hex')
  return fetch(`http://127.0.0.1:${receiver.port()}/slack/events`, {
    method: 'POST',
    headers: {
      'content-type': type,
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${signature}`,
      ...over.headers,
    },
    body,
  })
}

let triggers = 0
function slash(
  text: string,
  over: Sent & { readonly trigger?: string; readonly command?: string } = {},
): Promise<Response> {
  triggers += 1
  const fields = new URLSearchParams({
    command: over.command ?? '/opsee',
    text,
    user_id: 'U1',
    user_name: 'alice',
    channel_id: 'C1',
    team_id: 'T1',
    trigger_id: over.trigger ?? `http-${triggers}`,
  })
  return send(fields.toString(), 'application/x-www-form-urlencoded', over)
}

function mention(text: string, id: string, over: Sent = {}): Promise<Response> {
  const event = { type: 'app_mention', user: 'U1', text, ts: '1.1', channel: 'C1', thread_ts: '1.0' }
  return send(JSON.stringify({ type: 'event_callback', team_id: 'T1', event_id: id, event }), 'application/json', over)
}

describe('the HTTP way in', () => {
  test('a signed command is answered before its handler ends', async () => {
    let finish = (): void => undefined
    work = () => new Promise((resolve) => (finish = resolve))
    const elapsed = startStopwatch()
    const answer = await slash('deploy api staging')
    expect(answer.status).toBe(200)
    expect(elapsed()).toBeLessThan(2_500)
    expect(heard).toMatchObject([{ text: 'deploy api staging', user: { id: 'U1' }, source: 'slash' }])
    finish()
  })

  test('a signed mention is a command in its thread, once however often it is delivered', async () => {
    await mention(`<@${BOT.userId}> status`, 'Ev1')
    const again = { headers: { 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' } }
    expect((await mention(`<@${BOT.userId}> status`, 'Ev1', again)).status).toBe(200)
    await eventually(() => heard[0])
    await sleep(20)
    expect(heard).toMatchObject([{ text: 'status', place: { channel: 'C1', thread: '1.0' } }])
  })

  test('a signed click is its command', async () => {
    const payload = {
      type: 'block_actions',
      user: { id: 'U1', username: 'alice' },
      channel: { id: 'C1' },
      container: { channel_id: 'C1', message_ts: '2.2' },
      trigger_id: 'click-1',
      actions: [{ type: 'button', action_id: 'opsee:abort:0', value: 'abort 12' }],
    }
    const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString()
    expect((await send(body, 'application/x-www-form-urlencoded')).status).toBe(200)
    expect(heard).toMatchObject([{ text: 'abort 12', source: 'button' }])
  })

  test('another slash command is answered at once with what to type', async () => {
    const elapsed = startStopwatch()
    const answer = await slash('x', { command: '/other' })
    expect(elapsed()).toBeLessThan(2_500)
    await expect(answer.json()).resolves.toMatchObject({ response_type: 'ephemeral' })
    expect(heard).toEqual([])
  })

  test.each([
    ['a wrong secret', { secret: 'other' }],
    ['five minutes late', { ahead: -301 }],
    // A slow machine brings the future nearer while the request is on its way.
    ['from the future', { ahead: 360 }],
    ['with no sensible timestamp', { headers: { 'x-slack-request-timestamp': 'soon' } }],
  ] as const)('%s is refused', async (_name, over) => {
    expect((await slash('deploy api production', over)).status).toBe(401)
    expect(heard).toEqual([])
  })

  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const click = {
    type: 'block_actions',
    user: { id: 'U1' },
    channel: { id: 'C1' },
    actions: [{ action_id: 'opsee:x', value: 'x' }],
  }
  const mentioned = { type: 'app_mention', user: 'U1', text: 'x', ts: '1.1', channel: 'C1' }
  const odd = [null, [], 5, 'x', true]
  const plain = ['null', '[]', '5', '"x"', 'true', '{}', '', '{', deep]
  const json = plain.concat(
    [`{"event":${deep}}`, '{"type":"event_callback"}', '{"type":5,"event":{}}'],
    odd.map((event) => JSON.stringify({ type: 'event_callback', event })),
    ['type', 'channel', 'user', 'text', 'ts', 'item'].flatMap((field) =>
      [5, [], true].map((value) => JSON.stringify({ type: 'event_callback', event: { ...mentioned, [field]: value } })),
    ),
    [5, 'x', true].map((authorizations) =>
      JSON.stringify({ type: 'event_callback', event: mentioned, authorizations }),
    ),
  )
  const payloads = plain.concat(
    ['type', 'user', 'actions'].flatMap((field) =>
      [5, [], true].map((value) => JSON.stringify({ ...click, [field]: value })),
    ),
    ['channel', 'team', 'container', 'message', 'view'].flatMap((field) =>
      [5, 'x', []].map((value) => JSON.stringify({ ...click, [field]: value })),
    ),
    [
      JSON.stringify({ ...click, user: null }),
      JSON.stringify({ ...click, actions: [null] }),
      JSON.stringify({ ...click, type: 'view_submission', actions: undefined }),
    ],
  )
  const forms = [
    '',
    'a=b',
    'command=%2Fopsee&command=%2Fother',
    'payload=1&payload=2',
    'command=%2Fopsee&text=a&text=b',
    '__proto__=x',
  ]

  test('a signed body that Slack never sends is answered 400, and the process lives', async () => {
    const rejected: unknown[] = []
    const keep = (reason: unknown): void => void rejected.push(reason)
    process.on('unhandledRejection', keep)
    const form = 'application/x-www-form-urlencoded'
    const all = [
      ...json.map((body) => [body, 'application/json'] as const),
      ...payloads.map((payload) => [new URLSearchParams({ payload }).toString(), form] as const),
      ...forms.map((body) => [body, form] as const),
    ]
    const answers = []
    for (const [body, type] of all) answers.push([body.slice(0, 100), type, (await send(body, type)).status])
    await sleep(20)
    process.off('unhandledRejection', keep)
    expect(answers.filter(([, , status]) => status !== 400)).toEqual([])
    expect(rejected).toEqual([])
    expect(heard).toEqual([])
    expect((await slash('status')).status).toBe(200)
  })

  test('a body that is too long is refused', async () => {
    expect((await send('x'.repeat(1024 * 1024 + 1), 'application/json')).status).toBe(413)
  })

  test('a check of the certificate needs no signature, and carries nothing in', async () => {
    const body = new URLSearchParams({ ssl_check: '1', command: '/opsee', text: 'deploy api production' }).toString()
    expect((await send(body, 'application/x-www-form-urlencoded', { secret: 'other' })).status).toBe(200)
    expect(heard).toEqual([])
  })

  test('a clock that is four minutes off is borne', async () => {
    expect((await slash('status', { ahead: 240 })).status).toBe(200)
    expect((await slash('status', { ahead: -240 })).status).toBe(200)
  })

  test('Slack’s check of the URL is answered', async () => {
    const answer = await send(JSON.stringify({ type: 'url_verification', challenge: 'c' }), 'application/json')
    await expect(answer.json()).resolves.toEqual({ challenge: 'c' })
  })

  test('health is told, and nothing else is there', async () => {
    const base = `http://127.0.0.1:${receiver.port()}`
    expect((await fetch(`${base}/healthz`)).status).toBe(200)
    expect((await fetch(`${base}/slack/events`)).status).toBe(404)
    expect((await fetch(`${base}//`, { method: 'POST' })).status).toBe(404)
  })

  test('a taken port is named', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const other = receiverAt(port)
    await expect(other.start()).rejects.toThrow(
      new RegExp(`cannot listen for Slack on 127.0.0.1:${port}.*another slack.port`),
    )
    await other.stop()
    await new Promise<void>((resolve) => taken.close(() => resolve()))
  })

  test('the end closes the port though a client keeps its connection', async () => {
    const port = receiver.port()
    await fetch(`http://127.0.0.1:${port}/healthz`)
    const elapsed = startStopwatch()
    await receiver.stop()
    expect(elapsed()).toBeLessThan(3_000)
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow('fetch failed')
  })
})

test('local-slack’s own requests come in over HTTP', async () => {
  const [port = 0] = await freePorts(1)
  const mode = { kind: 'events', requestUrl: `http://127.0.0.1:${port}/slack/events` } as const
  const local = await startLocalSlack({ mode })
  const localChat = createSlackChat({ token: local.app.botToken, apiUrl: local.apiUrl, timeoutMs: 2_000 }, clock, log)
  const options = { mode: 'http', command: '/opsee', port, host: '127.0.0.1', timeoutMs: 2_000 } as const
  const localReceiver = createSlackReceiver(
    { ...options, chat: localChat, signingSecret: local.app.signingSecret },
    { command: async (incoming) => incoming.reply({ text: `heard ${incoming.text}`, sections: [] }, 'everyone') },
    clock,
    log,
  )
  try {
    await localReceiver.start()
    await local.command('U0ALICE', 'C0DEPLOYS', 'status')
    await local.mention('U0ALICE', 'C0DEPLOYS', 'whoami')
    const texts = await eventually(async () => {
      const found = (await local.messages('C0DEPLOYS')).map((message) => message.text)
      return found.includes('heard status') && found.includes('heard whoami') ? found : undefined
    })
    expect(texts).toContain('heard status')
  } finally {
    await localReceiver.stop()
    localChat.close()
    await local.stop()
  }
})
