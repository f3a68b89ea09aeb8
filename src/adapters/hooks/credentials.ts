import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** Milliseconds by which the time of a signature may be off, either way. */
const signatureMs = 300_000

/**
 * Whether the request carries the secret: as `Authorization` (alone, or behind `Bearer`), as `X-Opsee-Token`, or as `?token=`
 * for senders that can set no header. However it is wrong, it takes as long.
 */
export function knowsSecret(secret: string, headers: IncomingHttpHeaders, url: URL): boolean {
  const { authorization = '' } = headers
  const shown = [
    authorization,
    authorization.replace(/^Bearer +/i, ''),
    headerOf(headers, 'x-opsee-token') ?? '',
    url.searchParams.get('token') ?? '',
  ]
  return shown.map((text) => isSame(text, secret)).includes(true)
}

export type Signed =
  | { readonly kind: 'good' }
  /** `why` holds nothing that helps to forge one. */
  | { readonly kind: 'bad'; readonly why: string }

/** `X-Opsee-Signature: sha256=<hex>` is the HMAC-SHA256 of `<X-Opsee-Timestamp>.<body>`, the timestamp in seconds. */
export function isSigned(secret: string, headers: IncomingHttpHeaders, body: Buffer, nowMs: number): Signed {
  const timestamp = headerOf(headers, 'x-opsee-timestamp') ?? ''
  const signature = headerOf(headers, 'x-opsee-signature') ?? ''
  if (!/^\d{1,12}$/.test(timestamp) || !/^sha256=[0-9a-f]{64}$/.test(signature))
    return { kind: 'bad', why: 'X-Opsee-Timestamp (seconds) and X-Opsee-Signature (sha256=<hex>) are needed' }
  const right = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')
  if (!isSame(signature, `sha256=${right}`)) return { kind: 'bad', why: 'the signature is wrong' }
  if (Math.abs(Number(timestamp) * 1000 - nowMs) > signatureMs)
    return { kind: 'bad', why: 'the timestamp is more than five minutes off' }
  return { kind: 'good' }
}

const headerOf = (headers: IncomingHttpHeaders, name: string): string | null => {
  const value = headers[name]
  return typeof value === 'string' ? value : null
}

/** In the same time wherever they differ, however long they are. */
function isSame(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(a), hash(b))
}
