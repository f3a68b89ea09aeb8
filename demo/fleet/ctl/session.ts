import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import type { FlagValues } from './flags.ts'
import type { Endpoint } from './endpoint.ts'
import { exchange, type WireAnswer } from './wire.ts'
import { errorLine, ForcedExit, Killed, logLine, type World } from './world.ts'

/** An answer of the fleet API that is no success, in the words of Google's API client. */
export class ApiError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** One run of fleetctl: its flags, where it talks to, and what the lab told it about itself. */
export class Session {
  readonly verb: string
  readonly flags: FlagValues
  readonly world: World
  readonly #endpoint: Endpoint
  readonly #call: string
  /** Every delay of fleetctl is multiplied by this; the lab says so with its first answer. */
  timeScale = 1
  #forcedCode: number | null = null

  constructor(verb: string, flags: FlagValues, endpoint: Endpoint, world: World) {
    this.verb = verb
    this.world = world
    // Every wait listens; more than ten would make Node warn on the stderr that is compared with the real one's.
    setMaxListeners(0, world.killed)
    this.flags = flags
    this.#endpoint = endpoint
    const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    // Whoever runs several bots gives each a home of its own, and so tells from the lab's log whose call it was.
    const home = encoded(world.env['HOME'] ?? null)
    this.#call = `${randomBytes(8).toString('hex')} ${verb} ${encoded(world.args)} ${home}`
  }

  /** The exit code the lab wants in place of the true one, or the true one. */
  exitCode(code: number): number {
    return this.#forcedCode ?? code
  }

  /** A line on stdout. */
  out(text: string): void {
    this.write(`${text}\n`)
  }

  /** Text on stdout. */
  write(text: string): void {
    this.world.stdout(text)
  }

  /** A line on stderr; one that ends a line already gets an empty one behind it, as from fleetctl. */
  err(text: string): void {
    errorLine(this.world, text)
  }

  /** Waits so long in real ms; throws when the run is killed. */
  sleep(ms: number): Promise<void> {
    const { killed } = this.world
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer)
        reject(new Killed())
      }
      const timer = setTimeout(
        () => {
          killed.removeEventListener('abort', end)
          resolve()
        },
        Math.max(0, ms),
      )
      if (killed.aborted) end()
      else killed.addEventListener('abort', end, { once: true })
    })
  }

  isOn(flag: string): boolean {
    return this.flags[flag] === 'true'
  }

  /** GET, PUT or DELETE below `/fleet/v1/`; throws an ApiError or, in Go's words, what the connection says. */
  async ask(method: 'GET' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
    const answer = await this.#exchange(method, `/fleet/v1/${path}?alt=json`, body)
    if (answer.status < 200 || answer.status > 299) throw new ApiError(answer.status, inGoogle(answer))
    return method === 'GET' ? parseJson(answer.body) : null
  }

  /** What the real thing would get through ssh. */
  async askInside(endpoint: Endpoint, path: string): Promise<unknown> {
    const request = {
      method: 'GET',
      path: `/standin/${path}`,
      host: endpoint.host,
      headers: { 'x-standin-call': this.#call },
      body: '',
    }
    const answer = await exchange(endpoint.place, request, this.world.killed)
    return parseJson(answer.body)
  }

  get endpoint(): Endpoint {
    return this.#endpoint
  }

  async #exchange(method: string, path: string, body: unknown): Promise<WireAnswer> {
    const { place, shown, host, prefix, unsupported } = this.#endpoint
    const debug = this.world.env['FLEETCTL_DEBUG'] === 'true'
    const url = `${shown}${prefix}${path}`
    const verb = `${method.charAt(0)}${method.slice(1).toLowerCase()}`
    if (unsupported !== null && unsupported !== 'https') {
      throw new Error(`${verb} "${url}": unsupported protocol scheme "${unsupported}"`)
    }
    if (debug) logLine(this.world, 'DEBUG http.go:28', `HTTP ${method} ${url}`)
    const request = {
      method,
      path: `${prefix}${path}`,
      host,
      headers: { 'x-standin-call': this.#call },
      body: body === undefined ? '' : JSON.stringify(body),
    }
    const answer = await exchange(place, request, this.world.killed).catch((error: unknown) => {
      throw new Error(`${verb} "${url}": ${messageOf(error)}`, { cause: error })
    })
    if (unsupported === 'https') throw new Error(`${verb} "${url}": http: server gave HTTP response to HTTPS client`)
    if (debug) logLine(this.world, 'DEBUG http.go:31', `HTTP ${method} ${url} ${answer.status} ${answer.statusText}`)
    this.#obey(answer)
    return answer
  }

  #obey(answer: WireAnswer): void {
    const scale = Number(answer.headers.get('x-standin-time-scale'))
    if (scale > 0) this.timeScale = scale
    const [behaviour, code] = (answer.headers.get('x-standin-verdict') ?? '').split(' ')
    if (behaviour === 'idle') throw new ForcedExit(Number(code))
    if (behaviour === 'lie') this.#forcedCode = Number(code)
  }
}

/** What an error says; an order to end is passed on, as nothing may be said about it. */
export function messageOf(error: unknown): string {
  if (error instanceof ForcedExit || error instanceof Killed) throw error
  return error instanceof Error ? error.message : String(error)
}

function inGoogle(answer: WireAnswer): string {
  let message = ''
  try {
    const parsed: unknown = JSON.parse(answer.body)
    message = field(field(parsed, 'error'), 'message')?.toString() ?? ''
  } catch {
    // Not every answer is the fleet API's own.
  }
  return message === ''
    ? `googleapi: got HTTP response code ${answer.status} with body: ${answer.body}`
    : `googleapi: Error ${answer.status}: ${message}`
}

export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const first = text.trimStart().charAt(0)
    throw new Error(first === '' ? 'EOF' : `invalid character '${first}' looking for beginning of value`, {
      cause: error,
    })
  }
}
