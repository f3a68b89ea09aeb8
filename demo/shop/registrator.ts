import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createEtcdHttp } from './etcd-http.ts'

/**
 * What registrator does on each machine: writes `<prefix><service>/<host>:<container>:<port>` with the value `ip:port`
 * for every container that listens, under a lease, and takes it away when the container is gone. Called as
 * `registrator -ip <ip> <etcd url with the prefix as its path>`.
 */
const [, , , ip = '', url = ''] = process.argv
const folder = process.env['SHOP_CONTAINERS'] ?? ''
// As the cloud named the shop's machines; the two tiers' containers have the same names.
const host = `ip-${ip.replaceAll('.', '-')}`
const { origin, pathname } = new URL(url)
const etcd = createEtcdHttp(origin)
const ttlSeconds = 10
const pauseMs = 500

let lease: string | null = null
let announced = new Map<string, string>()
const ending = new AbortController()
process.once('SIGTERM', () => ending.abort())

while (!ending.signal.aborted) {
  try {
    await look()
  } catch (error) {
    // etcd is away: what was announced is unknown, so that all of it is announced anew.
    lease = null
    announced = new Map()
    process.stderr.write(`etcd is away: ${error instanceof Error ? error.message : String(error)}\n`)
  }
  await sleep(pauseMs, undefined, { signal: ending.signal }).catch(() => undefined)
}
if (lease !== null) await etcd.revoke(lease).catch(() => undefined)

async function look(): Promise<void> {
  if (lease === null || !(await etcd.keepAlive(lease))) {
    lease = await etcd.grant(ttlSeconds)
    announced = new Map()
  }
  const running = runningHere()
  for (const [key, value] of running) {
    if (announced.get(key) === value) continue
    await etcd.put(key, value, lease)
    process.stdout.write(`added ${key} ${value}\n`)
  }
  for (const key of announced.keys()) {
    if (running.has(key)) continue
    await etcd.remove(key)
    process.stdout.write(`removed ${key}\n`)
  }
  announced = running
}

function runningHere(): Map<string, string> {
  const running = new Map<string, string>()
  for (const container of readdirSync(folder)) {
    const [service, port, pid] = ['service', 'port', 'pid'].map((name) => read(path.join(folder, container, name)))
    if (service === undefined || port === undefined || port === '' || !isAlive(Number(pid))) continue
    running.set(`${pathname}${service}/${host}:${container}:${port}`, `${ip}:${port}`)
  }
  return running
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch {
    return false
  }
}
