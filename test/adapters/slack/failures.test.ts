import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSlackChat, type SlackChat } from '../../../src/adapters/slack/chat.ts'
import type { Message } from '../../../src/ports/chat.ts'
import { connectionRefused, connectionReset, faultyFetch, refused, says, silence, type FaultyFetch } from './faults.ts'
import { clock, keptLog } from './support.ts'
import { startStopwatch } from '../../support/stopwatch.ts'

const PLACE = { channel: 'C1', thread: null }
const REF = { channel: 'C1', id: '1.1' }
const MESSAGE: Message = { text: 'x', sections: [] }
const IDENTITY = { ok: true, user_id: 'U0BOT', bot_id: 'B0BOT', team: 'T' }

let faulty: FaultyFetch
let chat: SlackChat
let log: ReturnType<typeof keptLog>

beforeEach(() => {
  faulty = faultyFetch()
  log = keptLog()
  chat = chatWith(5_000)
})

const chatWith = (timeoutMs: number): SlackChat =>
  createSlackChat(
    { token: 'xoxb-secret', apiUrl: 'http://127.0.0.1:9/api', timeoutMs, fetch: faulty.fetch },
    clock,
    log,
  )

afterEach(() => chat.close())

const always = (answer: () => Response | Promise<Response>): void => {
  faulty.fault = (method) => Promise.resolve(method === 'auth.test' ? says(IDENTITY) : answer())
}

describe('Slack’s refusals', () => {
  test.each([
    ['cannot_reply_to_message', 'message-gone'],
    ['not_in_channel', 'place-closed'],
    ['channel_not_found', 'place-closed'],
    ['is_archived', 'place-closed'],
    ['restricted_action', 'place-closed'],
    ['restricted_action_thread_locked', 'place-closed'],
    ['messages_tab_disabled', 'place-closed'],
    ['user_not_in_channel', 'place-closed'],
    ['message_not_found', 'message-gone'],
    ['cant_update_message', 'not-editable'],
    ['edit_window_closed', 'not-editable'],
    ['streaming_state_conflict', 'not-editable'],
    ['msg_blocks_too_long', 'bad-layout'],
    ['invalid_blocks', 'bad-layout'],
    ['msg_too_long', 'bad-layout'],
    ['account_inactive', 'silenced'],
    ['token_revoked', 'silenced'],
    ['invalid_auth', 'silenced'],
    ['missing_scope', 'silenced'],
    ['fatal_error', 'unknown'],
    ['internal_error', 'unknown'],
    ['ratelimited', 'later'],
    ['some_code_of_next_year', 'later'],
  ] as const)('%s is %s, for posts and edits', async (code, kind) => {
    always(() => refused(code))
    await expect(chat.post(PLACE, MESSAGE)).resolves.toMatchObject({ kind })
    await expect(chat.edit(REF, MESSAGE)).resolves.toMatchObject({ kind })
  })

  test('a missing scope is named, and one for reactions does not silence the bot', async () => {
    always(() => refused('missing_scope', { needed: 'reactions:write' }))
    const result = await chat.react(REF, 'eyes')
    expect(result).toMatchObject({ kind: 'not-editable', reason: expect.stringContaining('(reactions:write)') })
  })

  test('a reaction that is there already, or not there any more, is as wanted', async () => {
    faulty.fault = async (method) => {
      if (method === 'auth.test') return says(IDENTITY)
      if (method === 'reactions.add') return refused('already_reacted')
      if (method === 'reactions.remove') return refused('no_reaction')
      return says({ ok: true, messages: [{ ts: REF.id, reactions: [{ name: 'eyes', users: [IDENTITY.user_id] }] }] })
    }
    await expect(chat.react(REF, 'rocket')).resolves.toEqual({ kind: 'done' })
    expect(faulty.methods).toContain('reactions.remove')
  })

  test('what needs a person is an error in the log, the rest a warning', async () => {
    always(() => refused('token_revoked'))
    await chat.post(PLACE, MESSAGE)
    always(() => refused('is_archived'))
    await chat.post(PLACE, MESSAGE)
    expect(log.lines.map((line) => line.level)).toEqual(['error', 'warn'])
    expect(JSON.stringify(log.lines)).not.toContain('xoxb-secret')
  })
})

describe('429', () => {
  const limit = (headers: Record<string, string>) => {
    faulty.fault = async (method) => {
      if (method === 'auth.test') return says(IDENTITY)
      return method === 'chat.update' ? says({ ok: false }, 429, headers) : says({ ok: true, ts: '1.2', channel: 'C1' })
    }
  }

  test('closes its own method and holds no other up', async () => {
    limit({ 'retry-after': '7' })
    await expect(chat.edit(REF, MESSAGE)).resolves.toMatchObject({ kind: 'later', retryAfterMs: 7_000 })
    const elapsed = startStopwatch()
    await expect(chat.post(PLACE, MESSAGE)).resolves.toMatchObject({ kind: 'posted' })
    expect(elapsed()).toBeLessThan(1_000)
    const again = await chat.edit(REF, MESSAGE, { urgent: true })
    expect(again).toMatchObject({ kind: 'later' })
    expect(faulty.methods.filter((method) => method === 'chat.update')).toHaveLength(1)
  })

  test.each([{}, { 'retry-after': 'soon' }])('without a usable Retry-After is half a minute: %o', async (headers) => {
    limit(headers)
    await expect(chat.edit(REF, MESSAGE)).resolves.toMatchObject({ kind: 'later', retryAfterMs: 30_000 })
  })

  test('over our own budget nothing is sent at all', async () => {
    limit({})
    for (let turn = 0; turn < 3; turn++) await chat.post(PLACE, MESSAGE)
    const sent = faulty.methods.length
    const result = await chat.post(PLACE, MESSAGE)
    expect(result).toMatchObject({ kind: 'later', reason: expect.stringContaining('budget') })
    expect(faulty.methods).toHaveLength(sent)
    await expect(chat.post(PLACE, MESSAGE, { urgent: true })).resolves.toMatchObject({ kind: 'posted' })
  })
})

describe('no answer', () => {
  test.each([
    ['HTTP 503', () => says({ ok: false }, 503), 'unknown'],
    ['a proxy’s page', () => new Response('<html>Bad gateway</html>', { status: 200 }), 'unknown'],
    ['an empty answer', () => new Response('', { status: 200 }), 'unknown'],
    ['an answer cut off', () => Promise.reject(connectionReset()), 'unknown'],
    ['nobody listening', () => Promise.reject(connectionRefused()), 'later'],
  ] as const)('%s: a post is sent once, never again by itself', async (_name, answer, kind) => {
    always(answer)
    await expect(chat.post(PLACE, MESSAGE)).resolves.toMatchObject({ kind })
    expect(faulty.methods).toEqual(['chat.postMessage'])
  })

  test('a body that never ends is within the time limit too', async () => {
    faulty.fault = async (_method, _call, signal) => {
      const body = new ReadableStream({
        start: (controller) => {
          signal?.addEventListener('abort', () => controller.error(signal.reason), { once: true })
        },
      })
      return new Response(body, { status: 200 })
    }
    const elapsed = startStopwatch()
    await expect(chatWith(100).post(PLACE, MESSAGE)).resolves.toMatchObject({ kind: 'unknown' })
    expect(elapsed()).toBeLessThan(2_500)
  })

  test('a look-up is asked once more, then said not to be known', async () => {
    faulty.fault = async (method) => (method === 'auth.test' ? says(IDENTITY) : Promise.reject(connectionReset()))
    await expect(chat.ours(PLACE, { kind: 'time', ms: 0 })).resolves.toBeNull()
    expect(faulty.methods).toEqual(['auth.test', 'conversations.history', 'conversations.history'])
  })

  test('close ends what is under way, and nothing is sent afterwards', async () => {
    faulty.fault = (_method, _call, signal) => silence(signal)
    const post = chat.post(PLACE, MESSAGE)
    chat.close()
    await expect(post).resolves.toMatchObject({ kind: 'unknown' })
    await expect(chat.post(PLACE, MESSAGE)).resolves.toMatchObject({ kind: 'later', reason: 'the bot is stopping' })
    expect(faulty.methods).toHaveLength(1)
  })
})

describe('what is sent', () => {
  const spy = () => {
    const bodies: URLSearchParams[] = []
    const spying = createSlackChat(
      {
        token: 'xoxb-x',
        apiUrl: 'http://127.0.0.1:9/api/',
        timeoutMs: 5_000,
        fetch: async (_url, init) => {
          bodies.push(new URLSearchParams(typeof init?.body === 'string' ? init.body : ''))
          return says({ ok: true, ts: '1.2', channel: 'D1' })
        },
      },
      clock,
      log,
    )
    return { bodies, spying }
  }

  test('a post unfurls nothing, is named as ours, and an edit has text and blocks', async () => {
    const { bodies, spying } = spy()
    const message: Message = { text: 'hi <!channel>', sections: [{ kind: 'text', text: '*hi*' }], key: 'k' }
    const sent = await spying.post({ channel: 'U1', thread: '1.1' }, message)
    await spying.edit(REF, message)
    spying.close()
    expect(sent).toEqual({ kind: 'posted', ref: { channel: 'D1', id: '1.2' } })
    const [post, edit] = bodies
    expect(post?.get('unfurl_links')).toBe('false')
    expect(post?.get('unfurl_media')).toBe('false')
    expect(post?.get('thread_ts')).toBe('1.1')
    expect(post?.get('text')).toBe('hi @channel')
    expect(post?.get('metadata')).toBe('{"event_type":"opsee_rollout","event_payload":{"key":"k"}}')
    expect(edit?.get('text')).toBe('hi @channel')
    expect(edit?.get('blocks')).toContain('"*hi*"')
  })

  test('a text alone is cut to what chat.update takes, with no blocks to be replaced by', async () => {
    const { bodies, spying } = spy()
    await spying.edit(REF, { text: 'é'.repeat(20_000), sections: [] })
    spying.close()
    expect(bodies[0]?.get('text')).toMatch(/^é{3900,3999}…$/)
    expect(bodies[0]?.has('blocks')).toBe(false)
  })
})

describe('the check', () => {
  test('names the scopes that the token lacks and what to do about each channel', async () => {
    faulty.fault = async (method, _call) => {
      if (method === 'auth.test') return says(IDENTITY, 200, { 'x-oauth-scopes': 'chat:write, commands' })
      return says({ ok: true, channel: { name: 'deploys', is_member: false } })
    }
    const result = await chat.check(['C1'])
    expect(result.identity).toMatchObject({ kind: 'known', identity: { userId: 'U0BOT' } })
    expect(result.missingScopes).toContain('reactions:write')
    expect(result.missingScopes).not.toContain('chat:write')
    expect(result.channels.get('C1')).toEqual({
      kind: 'closed',
      message: 'the bot is not in #deploys: type `/invite @opsee` there',
    })
  })

  test('says that Slack is away without calling the token bad', async () => {
    faulty.fault = () => Promise.reject(connectionRefused())
    await expect(chat.check([])).resolves.toMatchObject({ identity: { kind: 'away' } })
  })
})
