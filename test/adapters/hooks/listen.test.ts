import { createHmac } from 'node:crypto'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listenForHooks, type HookListener } from '../../../src/adapters/hooks/listen.ts'
import { systemClock } from '../../../src/adapters/system/clock.ts'
import type { BuildArrived, BuildTaken } from '../../../src/ports/builds.ts'
import { StoreUnavailable } from '../../../src/ports/store.ts'
import { quietLog } from '../../support/quiet-log.ts'
import { digest, dockerHub, harbor, quay } from './payloads.ts'

const secret = 'a-secret-of-twenty-four'

let hooks: HookListener
let heard: BuildArrived[] = []
let log = quietLog()
let taken: () => Promise<BuildTaken> = async () => ({ kind: 'taken', services: ['api'] })

const listen = (requestMs?: number): Promise<HookListener> =>
  listenForHooks(
    { secret, port: 0, host: '127.0.0.1', ...(requestMs === undefined ? {} : { requestMs }) },
    {
      arrived: (build) => {
        heard.push(build)
        return taken()
      },
    },
    systemClock,
    log,
  )

beforeEach(async () => {
  heard = []
  log = quietLog()
  taken = async () => ({ kind: 'taken', services: ['api'] })
  hooks = await listen()
})
afterEach(() => hooks.stop())

const at = (path: string): string => `http://127.0.0.1:${hooks.port}${path}`

const send = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(at(path), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

const bearer = { authorization: `Bearer ${secret}` }

function signed(body: string, over: { readonly key?: string; readonly aheadS?: number } = {}): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1000) + (over.aheadS ?? 0))
  const hmac = createHmac('sha256', over.key ?? secret).update(`${timestamp}.${body}`)
  return { 'x-opsee-timestamp': timestamp, 'x-opsee-signature': `sha256=${hmac.digest('hex')}` }
}

const built = JSON.stringify({ repository: 'quay.io/opsee/api', tags: ['v2'], digest })

describe('who knows the secret', () => {
  test.each([
    ['in a header that says Bearer', '/hooks/quay', bearer],
    ['as the whole header, as Harbor sends it', '/hooks/quay', { authorization: secret }],
    ['in a header of ours', '/hooks/quay', { 'x-opsee-token': secret }],
    ['in the address, where no header can be set', `/hooks/quay?token=${secret}`, {}],
  ])('shows it %s', async (_, path, headers) => {
    const answer = await send(path, quay(['v2']), headers)
    expect(answer.status).toBe(202)
    expect(await answer.json()).toEqual({ result: 'taken', services: ['api'] })
    expect(heard).toMatchObject([{ repository: 'quay.io/opsee/api', tags: ['v2'], sender: 'quay' }])
  })

  test.each([
    ['none', '/hooks/quay', {}],
    ['another', '/hooks/quay', { authorization: 'Bearer another-secret-of-24' }],
    ['half of it', '/hooks/quay', { authorization: `Bearer ${secret.slice(0, -1)}` }],
    ['more than it', '/hooks/quay', { authorization: `Bearer ${secret}x` }],
    ['an empty one', '/hooks/quay?token=', { authorization: '' }],
    ['a signature where the secret itself is wanted', '/hooks/quay', signed(JSON.stringify(quay(['v2'])))],
  ])('is not who shows %s', async (_, path, headers) => {
    const answer = await send(path, quay(['v2']), headers)
    expect(answer.status).toBe(401)
    expect(heard).toEqual([])
  })

  test('each sender has its own place', async () => {
    expect((await send('/hooks/dockerhub', dockerHub('v2'), bearer)).status).toBe(202)
    expect((await send('/hooks/harbor', harbor(['v2']), bearer)).status).toBe(202)
    expect((await send('/hooks/generic', built, signed(built))).status).toBe(202)
    expect(heard.map(({ sender }) => sender)).toEqual(['dockerhub', 'harbor', 'generic'])
  })

  test('no secret and no payload stands in the log', async () => {
    await send(`/hooks/quay?token=${secret}x`, quay(['v2']))
    await send(`/hooks/quay?token=${secret}`, quay('v2'), bearer)
    await send(`/nowhere?token=${secret}`, quay(['v2']))
    expect(log.lines.length).toBeGreaterThan(3)
    expect(log.lines.join('\n')).not.toContain(secret)
    expect(log.lines.join('\n')).not.toContain('pruned_image_count')
  })
})

describe('a signature', () => {
  test.each([
    ['by another key', signed(built, { key: 'another-secret-of-24' })],
    ['of another body', signed(`${built} `)],
    ['of six minutes ago', signed(built, { aheadS: -360 })],
    ['of six minutes ahead', signed(built, { aheadS: 360 })],
    ['without a time', { 'x-opsee-signature': signed(built)['x-opsee-signature'] ?? '' }],
    ['with another time', { ...signed(built), 'x-opsee-timestamp': String(Math.floor(Date.now() / 1000) - 1) }],
    ['that is missing', bearer],
    ['that is none', { ...signed(built), 'x-opsee-signature': 'sha256=00' }],
  ])('%s is refused', async (_, headers) => {
    const answer = await send('/hooks/generic', built, headers)
    expect(answer.status).toBe(401)
    expect(heard).toEqual([])
  })
})

describe('what is no hook', () => {
  test.each([
    ['another path', '/hooks/gitlab', 404],
    ['a name that objects have', '/hooks/constructor', 404],
    ['the path of Slack', '/slack/events', 404],
    ['no path', '//', 404],
  ])('%s is not here', async (_, path, status) => {
    const answer = await send(path, quay(['v2']), bearer)
    expect(answer.status).toBe(status)
  })

  test('another method is refused, and says which is right', async () => {
    const answer = await fetch(at('/hooks/quay'), { headers: bearer })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
    expect((await fetch(at('/healthz'))).status).toBe(200)
  })

  test.each([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a text', { 'content-type': 'text/plain' }],
    ['what is packed', { 'content-encoding': 'gzip' }],
  ])('%s is refused', async (_, headers) => {
    const answer = await send('/hooks/quay', quay(['v2']), { ...bearer, ...(headers as Record<string, string>) })
    expect(answer.status).toBe(415)
  })

  test.each([
    ['no JSON', '{"docker_url": ', 400],
    ['nothing', '', 400],
    ['a deep nest', '['.repeat(100_000), 400],
    ['no text', '\u0000\ud800', 400],
    ['wrong types', JSON.stringify(quay('v2')), 422],
    ['a list', '[]', 400],
    ['null', 'null', 400],
    ['a number', '5', 400],
    ['a whole deep nest', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400],
    ['an empty object', '{}', 422],
  ])('%s is refused', async (_, body, status) => {
    const answer = await send('/hooks/quay', body, bearer)
    expect([answer.status, typeof (await answer.json())]).toEqual([status, 'object'])
    expect(heard).toEqual([])
  })
})

describe('what a sender hears', () => {
  test.each([
    ['known', { kind: 'known' }, 200, { result: 'known' }],
    ['not ours', { kind: 'not-ours' }, 200, { result: 'ignored' }],
  ] as const)('of a build that is %s', async (_, result, status, said) => {
    taken = async () => result
    const answer = await send('/hooks/quay', quay(['v2']), bearer)
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject(said)
  })

  test('is to send it again while the store is away, or Opsee itself fails', async () => {
    taken = () => Promise.reject(new StoreUnavailable('etcd is away'))
    const away = await send('/hooks/quay', quay(['v2']), bearer)
    expect([away.status, away.headers.get('retry-after')]).toEqual([503, '10'])
    taken = () => Promise.reject(new Error('a fault'))
    const failed = await send('/hooks/quay', quay(['v2']), bearer)
    expect(failed.status).toBe(500)
    expect(JSON.stringify(await failed.json())).not.toContain('a fault')
  })
})

describe('a body that is too long', () => {
  const long = 'x'.repeat(10 * 1024 * 1024)

  test('of 10 MB is refused by its length alone', async () => {
    const answer = await send('/hooks/quay', long, bearer)
    expect(answer.status).toBe(413)
  })

  test('that does not say its length is refused once it is too long', async () => {
    const pieces = new ReadableStream({
      async pull(controller) {
        controller.enqueue(Buffer.alloc(64 * 1024, 'x'))
        await systemClock.sleep(1)
      },
    })
    const headers = { 'content-type': 'application/json', ...bearer }
    const request = { method: 'POST', headers, body: pieces, duplex: 'half' } as const
    // It never ends by itself.
    const answer = await fetch(at('/hooks/quay'), request)
    expect(answer.status).toBe(413)
  })

  test('is not read from who does not know the secret', async () => {
    const answer = await send('/hooks/quay', long)
    expect(answer.status).toBe(401)
  })

  test('does not keep others from being heard', async () => {
    const [refused, fine] = await Promise.all([
      send('/hooks/quay', long, bearer),
      send('/hooks/quay', quay(['v2']), bearer),
    ])
    expect([refused.status, fine.status]).toEqual([413, 202])
  })
})

describe('a sender that is slow on purpose', () => {
  /** What the server sends until it hangs up. */
  function trickle(head: string, everyMs: number): Promise<string> {
    return new Promise((resolve) => {
      let said = ''
      const socket = connect(hooks.port, '127.0.0.1', () => socket.write(head))
      const drip = setInterval(() => socket.write('x'), everyMs)
      socket.on('data', (chunk) => (said += String(chunk)))
      socket.on('error', () => undefined)
      socket.on('close', () => {
        clearInterval(drip)
        resolve(said)
      })
    })
  }

  beforeEach(async () => {
    await hooks.stop()
    // Long enough for an honest sender on a busy machine.
    hooks = await listen(3000)
  })

  test('with its headers is cut off, and 100 of them hold nobody up', async () => {
    const slow = Array.from({ length: 100 }, () => trickle('POST /hooks/quay HTTP/1.1\r\nX-Slow: ', 100))
    expect((await send('/hooks/quay', quay(['v2']), bearer)).status).toBe(202)
    // A sender that goes on sending may lose the answer, and loses the connection in any case.
    for (const said of await Promise.all(slow)) expect(said).toMatch(/^(?:HTTP\/1.1 (?:408|400)|$)/)
  })

  test('with its body is cut off', async () => {
    const head = `POST /hooks/quay HTTP/1.1\r\nHost: x\r\nAuthorization: ${secret}\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n`
    await trickle(head, 100)
    expect(heard).toEqual([])
    expect((await send('/hooks/quay', quay(['v2']), bearer)).status).toBe(202)
  })
})

test('a port that is taken is told with what to change', async () => {
  const again = listenForHooks(
    { secret, port: hooks.port, host: '127.0.0.1' },
    { arrived: () => taken() },
    systemClock,
    log,
  )
  await expect(again).rejects.toThrow(/EADDRINUSE.*choose another hooks\.port/)
})
