import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { createHealthProbe } from '../../../src/adapters/health/health-probe.ts'
import { identityOf } from '../../../src/adapters/health/identity.ts'
import type { HealthGate } from '../../../src/ports/health.ts'
import { systemClock as realClock } from '../../../src/adapters/system/clock.ts'
import { startStopwatch } from '../../support/stopwatch.ts'

const probe = createHealthProbe(realClock)
const servers: Server[] = []
const sockets = new Set<Socket>()
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await Promise.all(servers.splice(0).map((server) => new Promise((closed) => server.close(closed))))
})
afterAll(() => probe.close())

const ip = '127.0.0.1'
async function listen(server: Server, host = ip): Promise<number> {
  servers.push(server)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((listening) => server.listen(0, host, listening))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('The server does not listen')
  return address.port
}
const serve = (listener: RequestListener, host = ip): Promise<number> => listen(createServer(listener), host)
const http = (port: number | 'announced', more: Partial<Extract<HealthGate, { kind: 'http' }>> = {}): HealthGate => ({
  kind: 'http',
  port,
  path: '/health',
  timeoutMs: 2_000,
  identity: null,
  ...more,
})

describe('an HTTP gate', () => {
  it('is passed by a 2xx at the path of the gate, and asks nothing of other hosts or proxies', async () => {
    const seen: string[] = []
    process.env['http_proxy'] = 'http://127.0.0.1:1'
    const port = await serve((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers['user-agent']} ${request.headers.connection}`)
      response.writeHead(204).end()
    })
    expect(await probe.check(http(port), { ip, port: null })).toEqual({ kind: 'healthy', identity: null })
    delete process.env['http_proxy']
    expect(seen).toEqual(['GET /health opsee close'])
  })

  it('asks the announced port, and says so when none is announced', async () => {
    const port = await serve((_, response) => void response.end('ok'))
    expect((await probe.check(http('announced'), { ip, port })).kind).toBe('healthy')
    expect(await probe.check(http('announced'), { ip, port: null })).toEqual({
      kind: 'unhealthy',
      reason: 'no port is announced for the instance at 127.0.0.1',
    })
  })

  it('tells two processes apart by the identity field', async () => {
    let answer = JSON.stringify({ process: { pid: 4711, up: true }, name: 'api' })
    const port = await serve((_, response) => void response.end(answer))
    const identity = async (path: string): Promise<string | null> => {
      const result = await probe.check(http(port, { identity: path }), { ip, port: null })
      return result.kind === 'healthy' ? result.identity : `unhealthy: ${result.reason}`
    }
    expect(await identity('process.pid')).toBe('4711')
    expect(await identity('name')).toBe('api')
    expect(await identity('process')).toBeNull()
    expect(await identity('process.none')).toBeNull()
    answer = 'OK'
    expect(await identity('process.pid')).toBeNull()
  })

  it('fails with the status and the address', async () => {
    const port = await serve((_, response) => void response.writeHead(503).end('starting'))
    expect(await probe.check(http(port), { ip, port: null })).toEqual({
      kind: 'unhealthy',
      reason: `HTTP 503 from http://127.0.0.1:${port}/health`,
    })
  })

  it('follows no redirect, as that asks something else than the instance', async () => {
    const paths: (string | undefined)[] = []
    const port = await serve((request, response) => {
      paths.push(request.url)
      response.writeHead(302, { location: '/login' }).end()
    })
    expect(await probe.check(http(port), { ip, port: null })).toEqual({
      kind: 'unhealthy',
      reason: `HTTP 302 from http://127.0.0.1:${port}/health, which points to /login (redirects are not followed)`,
    })
    expect(paths).toEqual(['/health'])
  })

  it('does not read an answer that never ends, and still knows that it is healthy', async () => {
    let closed = false
    const port = await serve((_, response) => {
      const more = setInterval(() => response.write('x'.repeat(32_768)), 1)
      response.on('close', () => {
        clearInterval(more)
        closed = true
      })
    })
    expect(await probe.check(http(port, { identity: 'pid' }), { ip, port: null })).toEqual({
      kind: 'healthy',
      identity: null,
    })
    await expect.poll(() => closed).toBe(true)
  })

  it('is given up after its time, before the headers and within the body', async () => {
    const silent = await serve(() => undefined)
    const slow = await serve((_, response) => void response.write('{'))
    for (const [port, identity] of [
      [silent, null],
      [slow, 'pid'],
    ] as const) {
      const elapsed = startStopwatch()
      expect(await probe.check(http(port, { identity, timeoutMs: 200 }), { ip, port: null })).toEqual({
        kind: 'unhealthy',
        reason: `no answer from http://127.0.0.1:${port}/health within 200 ms`,
      })
      expect(elapsed()).toBeLessThan(1_500)
    }
  })

  it('says in words why there is no answer', async () => {
    const closed = await serve(() => undefined)
    await new Promise((done) => void servers.splice(0)[0]?.close(done))
    const notHttp = await listen(createTcpServer((socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n')))
    const hangsUp = await listen(createTcpServer((socket) => void socket.destroy()))
    const reason = async (port: number): Promise<string> => {
      const result = await probe.check(http(port), { ip, port: null })
      return result.kind === 'healthy' ? 'healthy' : result.reason
    }
    expect(await reason(closed)).toBe(`connection refused (http://127.0.0.1:${closed}/health)`)
    expect(await reason(notHttp)).toBe(`the answer is not HTTP (http://127.0.0.1:${notHttp}/health)`)
    expect(await reason(hangsUp)).toMatch(/^connection (?:reset|closed before the answer was complete) \(http/)
    expect(await reason(70_000)).toBe('70000 is no port')
  })

  it('asks an address of version 6 too', async () => {
    const port = await serve((_, response) => void response.end(), '::1')
    expect((await probe.check(http(port), { ip: '::1', port: null })).kind).toBe('healthy')
  })
})

describe('a TCP gate', () => {
  const tcp = (port: number | 'announced', timeoutMs = 2_000): HealthGate => ({ kind: 'tcp', port, timeoutMs })

  it('is passed by an accepted connection, which is closed at once', async () => {
    let closed = false
    const port = await listen(createTcpServer((socket) => void socket.on('close', () => (closed = true)).resume()))
    expect(await probe.check(tcp('announced'), { ip, port })).toEqual({ kind: 'healthy', identity: null })
    await expect.poll(() => closed).toBe(true)
  })

  it('fails in words when nobody listens', async () => {
    const port = await listen(createTcpServer())
    await new Promise((done) => void servers.splice(0)[0]?.close(done))
    expect(await probe.check(tcp(port), { ip, port: null })).toEqual({
      kind: 'unhealthy',
      reason: `connection refused (tcp 127.0.0.1 port ${port})`,
    })
  })
})

it('no gate is always passed: the state of the unit is believed alone', async () => {
  expect(await probe.check({ kind: 'none' }, { ip, port: null })).toEqual({ kind: 'healthy', identity: null })
})

it('an identity is looked up by its own keys only', () => {
  expect(identityOf('{"a":{"b.c":1}}', 'a.b.c')).toBeNull()
  expect(identityOf('{"a":[{"b":2}]}', 'a.0.b')).toBe('2')
  expect(identityOf('{}', 'constructor.name')).toBeNull()
  expect(identityOf('null', 'a')).toBeNull()
  expect(identityOf('{"started":""}', 'started')).toBe('')
})
