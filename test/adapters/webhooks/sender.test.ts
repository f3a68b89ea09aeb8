import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createWebhookSender, type ClosableWebhookSender } from '../../../src/adapters/webhooks/sender.ts'
import { systemClock } from '../../../src/adapters/system/clock.ts'
import { Receiver, secret } from './receiver.ts'

let receiver: Receiver
let sender: ClosableWebhookSender
const announcement = { id: 'r1.e2', event: 'ended', body: JSON.stringify({ word: 'ünï' }) }
const send = () => sender.send(receiver.url, announcement, new AbortController().signal)

beforeEach(async () => {
  receiver = new Receiver()
  await receiver.start()
  sender = createWebhookSender({ secret, timeoutMs: 700 }, systemClock)
})
afterEach(async () => {
  await sender.close()
  await receiver.die()
})

test('an event is delivered with its id and a signature', async () => {
  expect(await send()).toEqual({ kind: 'delivered' })
  expect(receiver.heard).toEqual([{ id: 'r1.e2', event: 'ended', body: { word: 'ünï' }, signed: true }])
})

describe('not delivered is what', () => {
  test.each([
    ['fails there', 500, /^HTTP 500$/],
    ['is not wanted', 404, /^HTTP 404$/],
  ])('%s', async (_, status, reason) => {
    receiver.instead = (response) => response.writeHead(status).end()
    expect(await send()).toEqual({ kind: 'failed', reason: expect.stringMatching(reason) })
  })

  test('is sent elsewhere: nobody else is told', async () => {
    const other = new Receiver()
    await other.start()
    receiver.instead = (response) => response.writeHead(307, { location: other.url }).end()
    expect(await send()).toEqual({ kind: 'failed', reason: 'HTTP 307 (redirects are not followed)' })
    expect(other.asked).toBe(0)
    await other.die()
  })

  test('is not answered in time', async () => {
    receiver.instead = () => undefined
    expect(await send()).toEqual({ kind: 'failed', reason: 'no answer within 700 ms' })
  })

  test('finds nobody, and no reason has the address in it', async () => {
    await receiver.die()
    expect(await send()).toEqual({ kind: 'failed', reason: 'ECONNREFUSED' })
  })

  test('is called off', async () => {
    receiver.instead = () => undefined
    const off = new AbortController()
    const sent = sender.send(receiver.url, announcement, off.signal)
    off.abort()
    expect((await sent).kind).toBe('failed')
  })
})

test('an answer that never ends is not read', async () => {
  receiver.instead = (response) => {
    response.writeHead(200)
    const more = setInterval(() => response.write(Buffer.alloc(64 * 1024)), 1)
    response.on('close', () => clearInterval(more))
  }
  expect(await send()).toEqual({ kind: 'delivered' })
})
