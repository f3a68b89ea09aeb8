import { createHmac } from 'node:crypto'
import { request } from 'undici'
import type { Proxy } from '../../config/proxy.ts'
import type { Clock } from '../../ports/clock.ts'
import { createAgent } from '../http/agent.ts'
import type { Announcement, Delivered, WebhookSender } from '../../ports/webhooks.ts'

export interface ClosableWebhookSender extends WebhookSender {
  close(): Promise<void>
}

/**
 * `POST` of JSON, signed as `X-Opsee-Signature: sha256=<hex>`, the HMAC-SHA256 of `<X-Opsee-Timestamp>.<body>`. Delivered is what
 * is answered with a 2xx; a redirect is not followed, as it would tell somebody else. Answers are not read.
 * `timeoutMs` is for the whole of one try.
 */
export function createWebhookSender(
  {
    secret,
    timeoutMs,
    proxy = null,
  }: { readonly secret: string; readonly timeoutMs: number; readonly proxy?: Proxy | null },
  clock: Clock,
): ClosableWebhookSender {
  const agent = createAgent(proxy, { pipelining: 0, maxHeaderSize: 16 * 1024 })

  async function post(url: string, { id, event, body }: Announcement, signal: AbortSignal): Promise<Delivered> {
    const timestamp = String(Math.floor(clock.now() / 1000))
    const hmac = createHmac('sha256', secret).update(`${timestamp}.${body}`)
    const { statusCode, body: answer } = await request(url, {
      method: 'POST',
      dispatcher: agent,
      signal,
      reset: true,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'opsee',
        'x-opsee-id': id,
        'x-opsee-event': event,
        'x-opsee-timestamp': timestamp,
        'x-opsee-signature': `sha256=${hmac.digest('hex')}`,
      },
      body,
    })
    answer.on('error', () => undefined).destroy()
    if (statusCode >= 200 && statusCode <= 299) return { kind: 'delivered' }
    const redirect = statusCode >= 300 && statusCode <= 399 ? ' (redirects are not followed)' : ''
    return { kind: 'failed', reason: `HTTP ${statusCode}${redirect}` }
  }

  return {
    async send(url, announcement, signal) {
      const limit = new AbortController()
      const done = new AbortController()
      void clock.sleep(timeoutMs, done.signal).then(() => limit.abort())
      try {
        return await post(url, announcement, AbortSignal.any([limit.signal, signal]))
      } catch (error) {
        return { kind: 'failed', reason: limit.signal.aborted ? `no answer within ${timeoutMs} ms` : faultOf(error) }
      } finally {
        done.abort()
      }
    },
    close: () => agent.destroy(),
  }
}

/** The code alone: a message may have the address in it, and an address a token. */
function faultOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code !== ''
    ? error.code
    : 'the connection failed'
}
