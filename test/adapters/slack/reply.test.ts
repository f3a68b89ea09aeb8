import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createReply } from '../../../src/adapters/slack/reply.ts'
import type { Request } from '../../../src/adapters/slack/requests.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import type { ChatWriter, Message, PostResult } from '../../../src/ports/chat.ts'
import { clock, eventually, keptLog } from './support.ts'
import { startStopwatch } from '../../support/stopwatch.ts'

const MESSAGE: Message = { text: 'did you mean `api`?', sections: [{ kind: 'text', text: 'did you mean `api`?' }] }

const posted: PostResult = { kind: 'posted', ref: { channel: 'C1', id: '1.1' } }

let server: Server
let url: string
let bodies: unknown[]
let statuses: (number | 'reset')[]
let said: string[]
let results: PostResult[]
let result: PostResult
let log: ReturnType<typeof keptLog>

beforeEach(async () => {
  bodies = []
  statuses = []
  said = []
  log = keptLog()
  results = []
  result = posted
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    bodies.push(JSON.parse(body))
    const status = statuses.shift() ?? 200
    if (status === 'reset') request.socket.destroy()
    else if (status !== 0) response.writeHead(status, status === 429 ? { 'retry-after': '0' } : {}).end('ok')
  }
  server = createServer((request, response) => void take(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/response`
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise<void>((resolve) => server.close(() => resolve()))
})

const chat: ChatWriter = {
  post: async (place) => {
    said.push(place.channel === 'U1' ? 'direct' : 'post')
    return results.shift() ?? result
  },
  whisper: async () => {
    said.push('whisper')
    return results.shift() ?? result
  },
  edit: async () => ({ kind: 'done' }),
  react: async () => ({ kind: 'done' }),
}

const request = (source: Request['source'], responseUrl: string | null = url): Request => ({
  text: 'x',
  user: { id: 'U1', name: null },
  place: { channel: 'C1', thread: null },
  requestKey: `${source}:1`,
  source,
  named: { teams: [], enterprises: new Map(), shared: false },
  responseUrl,
})
const reply = (to: Request, timeoutMs = 10_000) => createReply(to, { chat, timeoutMs }, clock, log)

describe('an answer', () => {
  test('to a slash command goes over its response URL, said to be ephemeral or public in so many words', async () => {
    await reply(request('slash'))(MESSAGE, 'sender')
    await reply(request('slash'))(MESSAGE, 'everyone')
    expect(bodies).toMatchObject([
      { response_type: 'ephemeral', replace_original: false, text: MESSAGE.text, blocks: [{ type: 'section' }] },
      { response_type: 'in_channel', replace_original: false },
    ])
    expect(said).toEqual([])
  })

  test('to a mention is whispered or posted', async () => {
    await reply(request('mention', null))(MESSAGE, 'sender')
    await reply(request('mention', null))(MESSAGE, 'everyone')
    expect(said).toEqual(['whisper', 'post'])
  })

  test('to a direct message is an ordinary message in it', async () => {
    await reply(request('direct', null))(MESSAGE, 'sender')
    expect(said).toEqual(['post'])
  })

  test('to a click is whispered, and goes over the response URL where the bot cannot', async () => {
    await reply(request('button'))(MESSAGE, 'sender')
    expect(bodies).toEqual([])
    result = { kind: 'place-closed', reason: 'not_in_channel' }
    await reply(request('button'))(MESSAGE, 'sender')
    expect(bodies).toMatchObject([{ response_type: 'ephemeral' }])
    expect(log.lines).toEqual([])
  })

  test('that came too fast is given again, one way or the other', async () => {
    statuses = [429]
    result = { kind: 'later', retryAfterMs: 10, reason: 'budget' }
    await reply(request('slash'))(MESSAGE, 'sender')
    expect(bodies).toHaveLength(2)
    results = [{ kind: 'later', retryAfterMs: 10, reason: 'budget' }]
    result = posted
    said = []
    await reply(request('mention', null))(MESSAGE, 'sender')
    expect(said).toEqual(['whisper', 'whisper'])
  })

  test.each([
    ['HTTP 500', 500],
    ['HTTP 429', 429],
    ['a reset connection', 'reset'],
  ] as const)('is still given when the URL answers %s and the budget is used up for 50 s', async (_, fault) => {
    statuses = Array.from({ length: 20 }, () => fault)
    const time = quickClock()
    budgetFreeAt = 50_000
    await createReply(request('slash'), { chat: chatWithBudget(time), timeoutMs: 10_000 }, time, log)(MESSAGE, 'sender')
    expect(said.at(-1)).toBe('whisper')
    expect(time.monotonic()).toBeLessThan(60_000)
    // Slack takes no more than five uses of one URL.
    expect(bodies.length).toBeLessThanOrEqual(5)
    expect(log.lines).toEqual([])
  })

  test('comes over the URL when that works again before the budget does', async () => {
    statuses = [500, 'reset']
    const time = quickClock()
    budgetFreeAt = 50_000
    await createReply(request('slash'), { chat: chatWithBudget(time), timeoutMs: 10_000 }, time, log)(MESSAGE, 'sender')
    expect(bodies).toHaveLength(3)
    expect(time.monotonic()).toBeLessThan(10_000)
    expect(log.lines).toEqual([])
  })

  test('counts as lost, and is logged so, only after a minute', async () => {
    statuses = Array.from({ length: 20 }, () => 500)
    const time = quickClock()
    budgetFreeAt = Infinity
    await createReply(request('slash'), { chat: chatWithBudget(time), timeoutMs: 10_000 }, time, log)(MESSAGE, 'sender')
    expect(time.monotonic()).toBeGreaterThan(50_000)
    expect(time.monotonic()).toBeLessThanOrEqual(60_000)
    expect(log.lines).toMatchObject([{ level: 'warn', message: 'the answer could not be given: it is lost' }])
    expect(JSON.stringify(log.lines)).not.toContain(url)
  })

  test('gets one last try when the bot stops, and is logged as lost after it', async () => {
    statuses = [500]
    result = { kind: 'later', retryAfterMs: 30_000, reason: 'budget' }
    const stopping = new AbortController()
    const given = createReply(request('slash'), { chat, timeoutMs: 1_000, stopping: stopping.signal }, clock, log)
    const done = given(MESSAGE, 'sender')
    await eventually(() => (said.length > 0 ? true : undefined))
    statuses = [500]
    stopping.abort()
    await done
    expect([bodies.length, said.length]).toEqual([2, 2])
    expect(log.lines).toMatchObject([{ message: 'the answer could not be given: it is lost' }])
  })

  test('whose response URL has expired is whispered instead', async () => {
    statuses = [404]
    await reply(request('slash'))(MESSAGE, 'sender')
    expect(said).toEqual(['whisper'])
  })

  test('to everyone goes to the asker alone when everyone may have seen it already', async () => {
    statuses = [503]
    await reply(request('slash'))(MESSAGE, 'everyone')
    expect(said).toEqual([])
    expect(bodies).toMatchObject([{ response_type: 'in_channel' }, { response_type: 'ephemeral' }])
    statuses = [404]
    await reply(request('slash'))(MESSAGE, 'everyone')
    expect(said).toEqual(['post'])
  })

  test('goes to the asker in person where the channel is closed to them, and no URL is left', async () => {
    results = [{ kind: 'place-closed', reason: 'Slack refused chat.postEphemeral: user_not_in_channel' }]
    await reply(request('mention', null))(MESSAGE, 'sender')
    expect(said).toEqual(['whisper', 'direct'])
    said = []
    statuses = [404]
    results = [{ kind: 'place-closed', reason: 'Slack refused chat.postEphemeral: not_in_channel' }]
    await reply(request('slash'))(MESSAGE, 'sender')
    expect(said).toEqual(['whisper', 'direct'])
    expect(log.lines).toEqual([])
  })

  test('that nobody will ever take is logged at once, and rejects nothing', async () => {
    statuses = [404]
    result = { kind: 'place-closed', reason: 'Slack refused chat.postEphemeral: not_in_channel' }
    const elapsed = startStopwatch()
    await reply(request('slash'), 300)(MESSAGE, 'sender')
    expect(elapsed()).toBeLessThan(4_000)
    expect(log.lines).toMatchObject([{ level: 'warn', message: 'the answer could not be given: it is lost' }])
    expect(JSON.stringify(log.lines)).not.toContain(url)
  })

  test('is not held up by a URL that never answers', async () => {
    statuses = [0]
    await reply(request('slash'), 300)(MESSAGE, 'sender')
    expect(said).toEqual(['whisper'])
  })
})

/** Time that passes only where somebody sleeps. */
function quickClock(): Clock {
  let at = 0
  return {
    now: () => at,
    monotonic: () => at,
    sleep: async (ms) => {
      at += ms
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

let budgetFreeAt = 0

/** Others use the budget as soon as it is there, so what is said about the wait is too short. */
const chatWithBudget = (time: Clock): ChatWriter => ({
  ...chat,
  whisper: async (...args) =>
    time.monotonic() >= budgetFreeAt
      ? chat.whisper(...args)
      : { kind: 'later', retryAfterMs: 750, reason: 'the budget for chat.postEphemeral is used up' },
})
