import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { listenForHealth } from '../../../src/adapters/http/healthz.ts'
import { listen, type Listener, type ListenOptions } from '../../../src/adapters/http/listen.ts'
import { systemClock } from '../../../src/adapters/system/clock.ts'
import { quietLog } from '../../support/quiet-log.ts'

let listener: Listener
let finish: () => void = () => undefined
const sockets: Socket[] = []

afterEach(async () => {
  finish()
  for (const socket of sockets.splice(0)) socket.destroy()
  await listener.stop()
})

/** Answers at once, but for `/slow`, which waits for `finish`. */
async function start(options: Partial<ListenOptions> = {}): Promise<void> {
  const slow = new Promise<void>((resolve) => (finish = resolve))
  listener = await listen(
    { port: 0, host: '127.0.0.1', purpose: 'tests', block: 'tests', ...options },
    (request, response) => void (request.url === '/slow' ? slow : Promise.resolve()).then(() => response.end('ok')),
    systemClock,
  )
}

/** A connection that sends this much and no more. */
function hold(from: string, text = ''): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: listener.port, host: '127.0.0.1', localAddress: from })
    sockets.push(socket)
    socket.on('error', reject)
    socket.on('connect', () => {
      socket.off('error', reject).on('error', () => undefined)
      if (text !== '') socket.write(text)
      resolve(socket)
    })
  })
}

const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`

function answerTo(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('ok')) resolve(text)
    })
    socket.on('close', () => resolve(text))
  })
}

describe('Connections that send nothing', () => {
  it.for(['', 'GET / HTTP/1.1\r\nX-Slow: '])('shut out nobody, after sending %j', async (text) => {
    await start({ connections: { total: 50, perAddress: 20 } })
    for (let count = 0; count < 200; count += 1) await hold('127.0.0.9', text)
    const before = performance.now()
    // From another address, and from the very address that holds the connections.
    for (const from of ['127.0.0.1', '127.0.0.9']) {
      expect(await answerTo(await hold(from, request('/')))).toContain('200 OK')
    }
    // Far below the 5 s after which the held connections would be closed anyway.
    expect(performance.now() - before).toBeLessThan(3000)
  })

  it('shut out nobody when they come from many addresses', async () => {
    await start({ connections: { total: 30, perAddress: 20 } })
    for (let count = 0; count < 120; count += 1) await hold(`127.0.1.${count % 40}`)
    expect(await answerTo(await hold('127.0.0.1', request('/')))).toContain('200 OK')
  })

  it('end after the time for headers', async () => {
    await start({ headersMs: 300 })
    expect(await answerTo(await hold('127.0.0.1'))).toMatch(/^HTTP\/1.1 408/)
    expect(await answerTo(await hold('127.0.0.1', 'GET / HTTP/1.1\r\nX-Slow: '))).toMatch(/^HTTP\/1.1 408/)
  })

  it('never cost a request in progress its answer', async () => {
    await start({ connections: { total: 5, perAddress: 3 } })
    const answer = answerTo(await hold('127.0.0.1', request('/slow')))
    for (let count = 0; count < 20; count += 1) await hold(count % 2 === 0 ? '127.0.0.1' : '127.0.0.9')
    finish()
    expect(await answer).toContain('200 OK')
  })
})

it('Health has a port of its own', async () => {
  listener = await listenForHealth({ port: 0, host: '127.0.0.1' }, systemClock, quietLog())
  const at = (path: string) => `http://127.0.0.1:${listener.port}${path}`
  expect(await (await fetch(at('/healthz'))).text()).toBe('ok\n')
  expect((await fetch(at('/healthz'), { method: 'HEAD' })).status).toBe(200)
  expect((await fetch(at('/'))).status).toBe(404)
  expect((await fetch(at('/healthz'), { method: 'POST' })).status).toBe(404)
})
