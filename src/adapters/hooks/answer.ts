import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BuildHandlers } from '../../ports/builds.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import { StoreUnavailable } from '../../ports/store.ts'
import { readBody } from '../http/body.ts'
import { isSigned, knowsSecret } from './credentials.ts'
import { parseDockerHub } from './docker-hub.ts'
import { parseGeneric } from './generic.ts'
import { parseHarbor } from './harbor.ts'
import type { ParsedHook } from './parsed.ts'
import { parseQuay } from './quay.ts'

interface Sender {
  readonly parse: (payload: unknown) => ParsedHook
  /** It signs its body; the others show the secret. */
  readonly signs: boolean
}

const senders: ReadonlyMap<string, Sender> = new Map([
  ['quay', { parse: parseQuay, signs: false }],
  ['dockerhub', { parse: parseDockerHub, signs: false }],
  ['harbor', { parse: parseHarbor, signs: false }],
  ['generic', { parse: parseGeneric, signs: true }],
])

/** Bytes of a body that are read. Real ones have a few thousand. */
const mostBytes = 256 * 1024

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
  /** What is left of the request is not wanted. */
  readonly close?: boolean
}

interface AnswerParts {
  readonly secret: string
  readonly handlers: BuildHandlers
  readonly clock: Clock
  readonly log: Log
}

/** Answers one request. Never rejects. What is logged holds no header, no query and no body. */
export async function answerHook(
  request: IncomingMessage,
  response: ServerResponse,
  parts: AnswerParts,
): Promise<void> {
  const { clock, log } = parts
  const path = (request.url ?? '').split('?', 1)[0]?.slice(0, 100)
  let answer: Answer
  try {
    answer = await answerTo(request, parts)
  } catch (error) {
    const away = error instanceof StoreUnavailable
    log[away ? 'warn' : 'error']({ path, err: error }, 'a build could not be kept: its sender must send it again')
    answer = away
      ? { ...refusal(503, 'the store does not answer: send it again'), headers: { 'retry-after': '10' } }
      : refusal(500, 'Opsee itself failed here: send it again')
  }
  if (answer.status >= 400) log.warn({ path, status: answer.status, ...answer.body }, 'a hook was refused')
  const unread = answer.close === true || !request.complete
  response.writeHead(answer.status, {
    'content-type': 'application/json',
    ...(unread ? { connection: 'close' } : {}),
    ...answer.headers,
  })
  response.end(`${JSON.stringify(answer.body)}\n`)
  if (unread) void discard(request, clock)
}

async function answerTo(request: IncomingMessage, parts: AnswerParts): Promise<Answer> {
  const url = urlOf(request)
  if (url?.pathname === '/healthz' && request.method === 'GET') return { status: 200, body: { ok: true } }
  const name = /^\/hooks\/([a-z]+)$/.exec(url?.pathname ?? '')?.[1] ?? ''
  const sender = senders.get(name)
  if (url === null || sender === undefined)
    return refusal(
      404,
      `there is nothing here: send to ${[...senders.keys()].map((one) => `/hooks/${one}`).join(', ')}`,
    )
  if (request.method !== 'POST') return { ...refusal(405, 'only POST is heard'), headers: { allow: 'POST' } }
  // Whoever does not know the secret hears nothing of what is right, and nothing of theirs is read.
  if (!sender.signs && !knowsSecret(parts.secret, request.headers, url)) return refusal(401, 'the secret is wrong')
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json') return refusal(415, 'send application/json')
  if (request.headers['content-encoding'] !== undefined) return refusal(415, 'send it without a content-encoding')
  const read = await readBody(request, mostBytes)
  if (read.kind === 'too-long') return refusal(413, `a body has ${mostBytes / 1024} KB at the most`)
  if (read.kind === 'broken') return refusal(400, 'the body broke off')
  if (sender.signs) {
    const signed = isSigned(parts.secret, request.headers, read.bytes, parts.clock.now())
    if (signed.kind === 'bad') return refusal(401, signed.why)
  }
  const payload = jsonOf(read.bytes)
  if (payload === undefined) return refusal(400, 'the body is no JSON')
  if (!isObject(payload)) return refusal(400, 'the body is no JSON object')
  return answerFor(sender.parse(payload), parts)
}

async function answerFor(parsed: ParsedHook, { handlers }: AnswerParts): Promise<Answer> {
  if (parsed.kind === 'wrong') return refusal(422, parsed.why)
  if (parsed.kind === 'nothing') return { status: 200, body: { result: 'ignored', why: parsed.why } }
  const services = new Set<string>()
  let known = false
  for (const build of parsed.builds) {
    const taken = await handlers.arrived(build)
    if (taken.kind === 'known') known = true
    if (taken.kind === 'taken') for (const service of taken.services) services.add(service)
  }
  if (services.size > 0) return { status: 202, body: { result: 'taken', services: [...services] } }
  if (known) return { status: 200, body: { result: 'known' } }
  return { status: 200, body: { result: 'ignored', why: 'no service of the configuration uses this image' } }
}

const refusal = (status: number, error: string): Answer => ({ status, body: { error } })

/** Null for what is no path at all. */
function urlOf(request: IncomingMessage): URL | null {
  const { url = '' } = request
  return url.startsWith('/') ? URL.parse(`http://hook${url}`) : null
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A sender that is cut off while it still sends never reads its answer: it gets a moment, and its bytes are dropped. */
async function discard(request: IncomingMessage, clock: Clock): Promise<void> {
  request.on('error', () => undefined)
  request.resume()
  await clock.sleep(1000)
  request.destroy()
}
