import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { RegistryOptions } from '../../../src/adapters/registry/options.ts'
import { createRegistry, type Registry, type RegistryDeps } from '../../../src/adapters/registry/registry.ts'
import { systemClock } from '../../../src/adapters/system/clock.ts'
import type { RegistryLogin } from '../../../src/config/docker-config.ts'
import type { Clock } from '../../../src/ports/clock.ts'

/** A registry of ours, for what no well-behaved one does. */
export interface FakeRegistry {
  readonly url: string
  /** `GET /v2/…`, in the order in which they came. */
  readonly asked: readonly Asked[]
  /** How many connections were made so far. */
  readonly connections: () => number
  readonly close: () => Promise<void>
}

interface Asked {
  readonly line: string
  readonly authorization: string | undefined
  readonly body: string
  readonly headers: IncomingMessage['headers']
}

export type Handler = (asked: Asked, response: ServerResponse, nth: number) => void

export async function startFake(handler: Handler): Promise<FakeRegistry> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      const { headers } = request
      const one = { line: `${request.method} ${request.url}`, authorization: headers.authorization, body, headers }
      asked.push(one)
      handler(one, response, asked.length)
    })
  })
  let connections = 0
  server.on('connection', () => {
    connections += 1
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a listening server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    connections: () => connections,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

export const digestOf = (text: string | Buffer): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

export const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
} as const

/** An image as texts, under `opsee/api:v1`. */
export function makeImage(labels: Readonly<Record<string, string>> = {}) {
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Labels: labels } })
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
    layers: [],
  })
  return { config, manifest, digest: digestOf(manifest), configDigest: digestOf(config) }
}

/** Sends a manifest as a registry does, or what a test makes of it. */
export function sendManifest(
  response: ServerResponse,
  manifest: string,
  headers: Readonly<Record<string, string>> = { 'docker-content-digest': digestOf(manifest) },
): void {
  const all = { 'content-type': types.manifest, 'content-length': String(Buffer.byteLength(manifest)), ...headers }
  response.writeHead(200, all)
  response.end(response.req.method === 'HEAD' ? undefined : manifest)
}

export function send(response: ServerResponse, status: number, body: string | object, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

/** The adapter, with the fake as `quay.io`. Times in milliseconds. */
export function registryAt(
  url: string,
  options: {
    login?: RegistryLogin
    docker?: RegistryOptions['docker']
    timeoutMs?: number
    moveTimeoutMs?: number
    clock?: Clock
    deps?: RegistryDeps
  } = {},
): Registry {
  const { login = null, docker = null, timeoutMs = 20_000, moveTimeoutMs = 20_000, clock = systemClock, deps } = options
  return createRegistry(
    { hosts: new Map([['quay.io', { url, login }]]), docker, timeoutMs, moveTimeoutMs },
    clock,
    deps,
  )
}
