import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Machine } from '../cluster/machine.ts'
import type { Registry } from '../cluster/registry.ts'
import type { Witness } from '../cluster/witness.ts'
import { answerError, answerJson } from './answer.ts'
import { answerFleet } from './fleet-api.ts'
import type { Faults } from './faults.ts'
import { answerInside } from './inside.ts'

/** fleetd gives up on etcd after about a second, and calls it unreachable after some more (etcd-freeze). */
const ETCD_PATIENCE_MS = 1000
const ETCD_LOST_MS = 7000
const UNREACHABLE = 'fleet server unable to communicate with etcd'

export interface MachineServerParts {
  readonly registry: Registry
  readonly witness: Witness
  readonly faults: Faults
  readonly scale: number
  /** Since when the registry is frozen or this machine cut off from it, milliseconds since the epoch, or null. */
  lostSince(machine: Machine): number | null
}

/** The fleet API of one machine at its own address. */
export class MachineServer {
  readonly #machine: Machine
  readonly #parts: MachineServerParts
  readonly #seen = new Set<string>()
  readonly #sockets = new Set<Socket>()
  #server: Server | null = null
  #port: number

  constructor(machine: Machine, port: number, parts: MachineServerParts) {
    this.#machine = machine
    this.#port = port
    this.#parts = parts
  }

  get endpoint(): string {
    return `http://${this.#machine.spec.ip}:${this.#port}`
  }

  async open(): Promise<void> {
    if (this.#server !== null) return
    const server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        if (response.headersSent) response.destroy()
        else answerError(response, 500, String(error))
      })
    })
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, this.#machine.spec.ip, resolve)
    })
    const address = server.address()
    if (address !== null && typeof address === 'object') this.#port = address.port
    this.#server = server
  }

  /** Connections are refused from now on, those under way are cut. */
  async close(): Promise<void> {
    const server = this.#server
    this.#server = null
    if (server === null) return
    const closed = new Promise((resolve) => {
      server.close(resolve)
    })
    server.closeAllConnections()
    await closed
  }

  /** Connections under way are reset; new ones are accepted. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { registry, faults, scale } = this.#parts
    const id = this.#machine.spec.id
    response.setHeader('x-standin-time-scale', String(scale))
    response.setHeader('connection', 'close')
    this.#note(request, response)
    const fault = faults.answerOf(id)
    const { mode } = this.#machine
    if (fault?.kind === 'hang' || mode === 'off') return
    while (this.#machine.mode === 'frozen' && !response.destroyed) await sleep(20)
    if (fault?.kind === 'slow') await sleep(fault.delayMs)
    if (fault?.kind === 'error') {
      response.writeHead(fault.status)
      response.end(fault.body)
      return
    }
    const lost = this.#parts.lostSince(this.#machine)
    if (lost !== null) return this.#withoutEtcd(response, lost)
    if (request.url?.startsWith('/standin/') === true) return answerInside(request, response, this.#machine)
    await answerFleet(request, response, registry, (list, rows) => {
      if (fault?.kind === 'no-rows') return list === 'units' ? [] : rows
      if (fault?.kind !== 'short' || (fault.lists !== list && fault.lists !== 'both')) return rows
      return rows.slice(0, Math.floor(rows.length * fault.share))
    })
    this.#noteWish(request, response)
  }

  async #withoutEtcd(response: ServerResponse, since: number): Promise<void> {
    const { scale } = this.#parts
    if (Date.now() - since > ETCD_LOST_MS * scale) return answerError(response, 503, UNREACHABLE)
    const until = Date.now() + ETCD_PATIENCE_MS * scale
    while (Date.now() < until) await sleep(10)
    answerJson(response, 500, { error: { code: 500, message: '' } })
  }

  /** Every call of fleetctl is logged once, and told what it has to do wrong. */
  #note(request: IncomingMessage, response: ServerResponse): void {
    const call = request.headers['x-standin-call']
    if (typeof call !== 'string') return
    const [id = '', verb = '', args = '', home = ''] = call.split(' ')
    const fault = this.#parts.faults.verbOf(verb)
    if (fault !== null) response.setHeader('x-standin-verdict', `${fault.behaviour} ${fault.code}`)
    if (this.#seen.has(id)) return
    this.#seen.add(id)
    const detail = { verb, argv: decoded(args), id, home: decoded(home) }
    this.#parts.witness.note({ action: 'call', machine: this.#machine.spec.id, detail })
  }

  /** What a call changed in the registry, when it did: most calls only look. */
  #noteWish(request: IncomingMessage, response: ServerResponse): void {
    const call = request.headers['x-standin-call']
    if (typeof call !== 'string' || request.method === 'GET' || response.statusCode >= 300) return
    const [id = ''] = call.split(' ')
    const path = new URL(request.url ?? '/', 'http://lab').pathname
    const unit = decodeURIComponent(path.slice(path.lastIndexOf('/') + 1))
    const wanted = this.#parts.registry.job(unit)?.targetState ?? 'destroyed'
    this.#parts.witness.note({ action: 'wish', unit, machine: this.#machine.spec.id, detail: { call: id, wanted } })
  }
}

function decoded(text: string): unknown {
  return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
