import type { Dispatcher } from 'undici'
import { request } from 'undici'
import type { HealthResult } from '../../ports/health.ts'
import { identityOf } from './identity.ts'
import { connectionFault } from './fault.ts'

/** Bytes of an answer that are read: enough for a health page, and no more is held for one that never ends. */
const maxBodyBytes = 64 * 1024

/**
 * One GET. A 2xx is healthy; a redirect is not followed, as it would ask something else than the instance. Rejects when the
 * signal aborts.
 */
export async function checkHttp(
  dispatcher: Dispatcher,
  url: string,
  fields: { readonly identity: string | null; readonly says?: string | undefined },
  signal: AbortSignal,
): Promise<HealthResult> {
  try {
    const answer = await request(url, {
      dispatcher,
      signal,
      reset: true,
      headers: { 'user-agent': 'opsee', accept: 'application/json, */*' },
    })
    const { statusCode } = answer
    if (statusCode < 200 || statusCode > 299) {
      answer.body.destroy()
      return { kind: 'unhealthy', reason: `HTTP ${statusCode} from ${url}${redirect(answer.headers['location'])}` }
    }
    const { identity, says } = fields
    const body = identity === null && says === undefined ? null : await readBounded(answer.body)
    answer.body.destroy()
    const valueOf = (path: string | null): string | null =>
      path === null || body === null ? null : identityOf(body, path)
    return {
      kind: 'healthy',
      identity: valueOf(identity),
      ...(says === undefined ? {} : { says: valueOf(says) }),
    }
  } catch (error) {
    if (signal.aborted) throw error
    return { kind: 'unhealthy', reason: `${connectionFault(error)} (${url})` }
  }
}

function redirect(location: string | string[] | undefined): string {
  return typeof location === 'string' ? `, which points to ${location.slice(0, 200)} (redirects are not followed)` : ''
}

/** Null when the body is longer than `maxBodyBytes`. */
async function readBounded(body: Dispatcher.ResponseData['body']): Promise<string | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
