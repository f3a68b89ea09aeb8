import { connect } from 'node:net'
import { Killed } from './world.ts'

export interface WireAnswer {
  readonly status: number
  readonly statusText: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

export interface WireRequest {
  readonly method: string
  readonly path: string
  readonly host: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Place =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

/** One HTTP exchange on a connection of its own; node:http would cost more than the whole rest of fleetctl's start. */
export function exchange(place: Place, request: WireRequest, killed: AbortSignal): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    if (killed.aborted) return reject(new Killed())
    const socket = place.kind === 'unix' ? connect(place.path) : connect(place.port, place.host)
    const chunks: Buffer[] = []
    const kill = (): void => {
      socket.destroy()
      reject(new Killed())
    }
    killed.addEventListener('abort', kill, { once: true })
    socket.once('close', () => killed.removeEventListener('abort', kill))
    let local: string | null = null
    socket.once('connect', () => {
      local = `${socket.localAddress ?? ''}:${socket.localPort ?? 0}`
      socket.write(render(request))
    })
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      const text = Buffer.concat(chunks).toString('utf8')
      if (!complete(text)) return
      socket.destroy()
      settle(text, resolve, reject)
    })
    socket.once('end', () => settle(Buffer.concat(chunks).toString('utf8'), resolve, reject))
    socket.once('error', (error) => reject(new Error(inGo(error, place, local))))
  })
}

function render(request: WireRequest): string {
  const headers = Object.entries({
    Host: request.host,
    'Content-Length': String(Buffer.byteLength(request.body)),
    Connection: 'close',
    ...request.headers,
  })
  return `${request.method} ${request.path} HTTP/1.1\r\n${headers.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n${request.body}`
}

function settle(text: string, resolve: (answer: WireAnswer) => void, reject: (error: Error) => void): void {
  if (text === '') return reject(new Error('EOF'))
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const status = /^HTTP\/1\.\d (\d{3}) ?(.*)$/.exec(first)
  if (status === null) return reject(new Error(malformed(first)))
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const raw = rest.join('\r\n\r\n')
  const body = headers.get('transfer-encoding') === 'chunked' ? dechunk(raw) : raw
  resolve({ status: Number(status[1]), statusText: status[2] ?? '', headers, body })
}

function complete(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return false
  const head = text.slice(0, end).toLowerCase()
  if (/\r\ntransfer-encoding: chunked/.test(head)) return /\r\n0\r\n(.*\r\n)*\r\n$/.test(text)
  const length = /\r\ncontent-length: (\d+)/.exec(head)
  return length !== null && Buffer.byteLength(text.slice(end + 4)) >= Number(length[1])
}

function dechunk(raw: string): string {
  const bytes = Buffer.from(raw)
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf('\r\n', at)
    const size = Number.parseInt(bytes.subarray(at, end).toString('latin1'), 16)
    if (end === -1 || !(size > 0)) break
    parts.push(bytes.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
  return Buffer.concat(parts).toString('utf8')
}

function malformed(first: string): string {
  const broken = 'net/http: HTTP/1.x transport connection broken'
  const [, code] = first.trim().split(' ')
  return code === undefined
    ? `${broken}: malformed HTTP response "${first.trim()}"`
    : `${broken}: malformed HTTP status code "${code}"`
}

/** A socket's error in the words of Go's net package. */
function inGo(error: NodeJS.ErrnoException, place: Place, local: string | null): string {
  const reasons: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'connection refused',
    EHOSTUNREACH: 'no route to host',
    ENETUNREACH: 'network is unreachable',
    ETIMEDOUT: 'connection timed out',
    ENOENT: 'no such file or directory',
    EACCES: 'permission denied',
    ECONNRESET: 'connection reset by peer',
    EPIPE: 'broken pipe',
  }
  const reason = reasons[error.code ?? ''] ?? error.message
  if (place.kind === 'unix') return `dial unix ${place.path}: connect: ${reason}`
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return `dial tcp: lookup ${place.host}: no such host`
  if (local === null) return `dial tcp ${place.host}:${place.port}: connect: ${reason}`
  return `read tcp ${local}->${place.host}:${place.port}: read: ${reason}`
}
