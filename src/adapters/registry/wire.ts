import { gunzipSync } from 'node:zlib'
import { request, type Dispatcher } from 'undici'
import type { Proxy } from '../../config/proxy.ts'
import { RegistryFault } from '../../ports/registry.ts'
import { createAgent } from '../http/agent.ts'
import { Away } from './away.ts'
import { connectionWords } from './connection-words.ts'
import { limited, type Patience } from './patience.ts'

export interface Asked {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer | string
  /** Longest answer that is read, in bytes. */
  readonly maxBytes: number
}

export interface Answer {
  readonly status: number
  /** The header's first value; null when there is none. */
  header(name: string): string | null
  /** All values of a header. */
  headers(name: string): readonly string[]
  readonly body: Buffer
}

/** One request and its whole answer, within its time and size. Any status is an answer. Throws `RegistryFault`. */
export interface Wire {
  ask(asked: Asked, patience: Patience): Promise<Answer>
  close(): Promise<void>
}

/** Sockets to one host: a hundred services are looked up at once, and no registry likes a hundred connections. */
const socketsPerHost = 16

export function createWire(proxy: Proxy | null): Wire {
  const agent = createAgent(proxy, { connections: socketsPerHost, headersTimeout: 0, bodyTimeout: 0 })
  return {
    async ask(asked, patience) {
      const { host } = asked.url
      try {
        const result = await limited(patience, (signal) => exchange(agent, asked, signal))
        if (result.kind === 'done') return result.value
        const why =
          result.kind === 'unwanted'
            ? 'was given up before it answered'
            : result.afterMs < 100
              ? 'had no time left to answer'
              : `did not answer within ${Math.round(result.afterMs / 100) / 10} s`
        throw new Away(`${host} ${why}`, null, { silent: result.kind === 'late' })
      } catch (error) {
        if (error instanceof RegistryFault) throw error
        throw new Away(`${host} cannot be reached: ${connectionWords(error)}`, null, { cause: error })
      }
    },
    close: () => agent.destroy(),
  }
}

async function exchange(dispatcher: Dispatcher, asked: Asked, signal: AbortSignal): Promise<Answer> {
  const { method, url, headers, body } = asked
  const answer = await request(url, {
    dispatcher,
    signal,
    method,
    // Else the client closes the connection after every HEAD, because of servers that send a body with it (undici issue 258).
    // Such a body is no HTTP, so that the next question on the connection fails and is asked again.
    reset: false,
    // A compressed manifest would not have the digest that its registry says.
    headers: { 'user-agent': 'opsee', 'accept-encoding': 'identity', ...headers },
    ...(body === undefined ? {} : { body }),
  })
  const values = (name: string): readonly string[] => [answer.headers[name] ?? []].flat()
  const read = await readBounded(answer.body, asked)
  return {
    status: answer.statusCode,
    header: (name) => values(name)[0] ?? null,
    headers: values,
    body: decoded(read, values('content-encoding')[0] ?? 'identity', asked),
  }
}

async function readBounded(body: Dispatcher.ResponseData['body'], asked: Asked): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > asked.maxBytes) throw tooLong(asked)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Some compress although they were asked not to. */
function decoded(body: Buffer, encoding: string, asked: Asked): Buffer {
  if (body.length === 0 || encoding.toLowerCase() === 'identity') return body
  if (encoding.toLowerCase() !== 'gzip') {
    throw new RegistryFault('wrong', `${asked.url.host} answered in an encoding that it was not asked for`)
  }
  try {
    return gunzipSync(body, { maxOutputLength: asked.maxBytes })
  } catch (error) {
    throw error instanceof RangeError
      ? tooLong(asked)
      : new RegistryFault('wrong', `${asked.url.host} answered with broken gzip`, { cause: error })
  }
}

const tooLong = ({ url, maxBytes }: Asked): RegistryFault =>
  new RegistryFault(
    'wrong',
    `${url.host} sends more than ${Math.round(maxBytes / 1024)} KB, which is no answer to this`,
  )
