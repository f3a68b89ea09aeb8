import type { IncomingMessage } from 'node:http'

export type ReadBody =
  | { readonly kind: 'body'; readonly bytes: Buffer }
  /** It is longer than allowed: the rest was not read. */
  | { readonly kind: 'too-long' }
  /** The sender went away in the middle. */
  | { readonly kind: 'broken' }

/** Reads at most `mostBytes` of a body. Never rejects. The server limits the time. */
export function readBody(request: IncomingMessage, mostBytes: number): Promise<ReadBody> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > mostBytes) return Promise.resolve({ kind: 'too-long' })
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    const take = (chunk: Buffer): void => {
      length += chunk.length
      if (length <= mostBytes) chunks.push(chunk)
      else end({ kind: 'too-long' })
    }
    const whole = (): void => end({ kind: 'body', bytes: Buffer.concat(chunks) })
    const broken = (): void => end({ kind: 'broken' })
    function end(result: ReadBody): void {
      request.off('data', take).off('end', whole).off('close', broken)
      resolve(result)
    }
    request.on('data', take).on('end', whole).on('error', broken).on('close', broken)
  })
}
