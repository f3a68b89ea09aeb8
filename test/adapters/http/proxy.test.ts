import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createProxyFetch } from '../../../src/adapters/http/agent.ts'
import { createRegistry } from '../../../src/adapters/registry/registry.ts'
import { createSlackChat } from '../../../src/adapters/slack/chat.ts'
import { checkAppToken } from '../../../src/adapters/slack/app-token.ts'
import { createWebhookSender } from '../../../src/adapters/webhooks/sender.ts'
import { systemClock } from '../../../src/adapters/system/clock.ts'
import { readProxy, type Proxy } from '../../../src/config/proxy.ts'
import { quietLog } from '../../support/quiet-log.ts'
import { makeImage, sendManifest } from '../registry/fake-registry.ts'

/** Every host that the proxy was asked for, and what it was shown. */
const asked: { readonly host: string; readonly authorization: string | undefined }[] = []
let proxyServer: Server
let target: Server
const image = makeImage()
function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

beforeAll(async () => {
  // Stands for every host outside: what the proxy is asked for comes here.
  target = createServer((request, response) => {
    if (request.url?.startsWith('/v2/') === true) return sendManifest(response, image.manifest)
    const answer =
      request.url?.includes('auth.test') === true
        ? { ok: true, user_id: 'UBOT', bot_id: 'B', team: 'T', team_id: 'T1' }
        : { ok: true, url: 'wss://x' }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer))
  })
  proxyServer = createServer((_, response) => response.writeHead(400).end())
  proxyServer.on('connect', (request, socket) => {
    asked.push({ host: request.url ?? '', authorization: request.headers['proxy-authorization'] })
    const out = connect(portOf(target), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      out.pipe(socket).pipe(out)
    })
    out.on('error', () => socket.destroy())
    socket.on('error', () => out.destroy())
  })
  for (const server of [target, proxyServer])
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  for (const server of [proxyServer, target]) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})
beforeEach(() => void asked.splice(0))

function proxyWith(env: Record<string, string> = {}): Proxy {
  const read = readProxy({ HTTP_PROXY: `http://opsee:pw1@127.0.0.1:${portOf(proxyServer)}`, ...env })
  if (read.kind !== 'proxy') throw new Error('no proxy was read')
  return read.proxy
}

describe('Through the proxy of the environment', () => {
  it('goes the Web API of Slack, with the proxy’s password', async () => {
    const proxied = createProxyFetch(proxyWith())
    const fetch = proxied?.fetch
    const through = fetch === undefined ? {} : { fetch }
    const apiUrl = 'http://slack.test/api/'
    const chat = createSlackChat({ token: 'xoxb-1', apiUrl, timeoutMs: 5000, ...through }, systemClock, quietLog())
    expect(await chat.identity()).toMatchObject({ kind: 'known' })
    expect(await checkAppToken({ appToken: 'xapp-1', apiUrl, timeoutMs: 5000, ...through }, quietLog())).toEqual({
      kind: 'good',
    })
    expect(new Set(asked.map(({ host }) => host))).toEqual(new Set(['slack.test:80']))
    expect(asked[0]?.authorization).toBe(`Basic ${Buffer.from('opsee:pw1').toString('base64')}`)
    chat.close()
    await proxied?.dispatcher.destroy()
  })

  it('go registries and webhooks', async () => {
    const proxy = proxyWith()
    const hosts = new Map([['quay.io', { url: 'http://quay.test', login: null }]])
    const registry = createRegistry({ hosts, proxy, timeoutMs: 5000, moveTimeoutMs: 5000 }, systemClock)
    expect(await registry.manifest('quay.io/opsee/api', 'v1')).toMatchObject({ digest: image.digest })
    const sender = createWebhookSender({ secret: 'secret', timeoutMs: 5000, proxy }, systemClock)
    const sent = await sender.send(
      'http://hook.test/x',
      { id: 'r1.e1', event: 'begun', body: '{}' },
      new AbortController().signal,
    )
    expect(sent).toEqual({ kind: 'delivered' })
    expect(asked.map(({ host }) => host)).toEqual(['quay.test:80', 'hook.test:80'])
    await Promise.all([registry.close(), sender.close()])
  })

  it('goes nothing to a host that NO_PROXY names', async () => {
    const proxy = proxyWith({ no_proxy: '127.0.0.1,.internal' })
    const hosts = new Map([['quay.io', { url: `http://127.0.0.1:${portOf(target)}`, login: null }]])
    const registry = createRegistry({ hosts, proxy, timeoutMs: 5000, moveTimeoutMs: 5000 }, systemClock)
    expect(await registry.manifest('quay.io/opsee/api', 'v1')).toMatchObject({ digest: image.digest })
    expect(asked).toEqual([])
    await registry.close()
  })
})
