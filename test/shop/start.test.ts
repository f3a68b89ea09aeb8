import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEtcd, type EtcdServer } from '../../demo/etcd/start.ts'
import { startRegistry, type RegistryServer } from '../../demo/registry/start.ts'
import { installFleetctl } from '../../demo/fleet/install.ts'
import type { Instance } from '../../demo/fleet/start.ts'
import { createEtcdHttp } from '../../demo/shop/etcd-http.ts'
import { startShop, type Shop } from '../../demo/shop/start.ts'

const root = path.resolve(import.meta.dirname, '..', '..')
const dir = mkdtempSync(path.join(tmpdir(), 'opsee-shop-'))
let etcd: EtcdServer | null = null
let registry: RegistryServer | null = null
let shop: Shop | null = null

beforeAll(async () => {
  etcd = await startEtcd()
  const fleetctl = installFleetctl(path.join(dir, 'bin'))
  registry = await startRegistry()
  const { endpoint } = etcd
  const { url } = registry
  const options = { root, dir, etcd: endpoint, registry: url, fleetctl, timeScale: 0.3, tiers: ['staging'] } as const
  shop = await startShop(options)
})
afterAll(async () => {
  await shop?.stop()
  await registry?.stop()
  await etcd?.stop()
  rmSync(dir, { recursive: true, force: true })
})

async function running(): Promise<Instance[]> {
  const instances = (await shop?.fleets.get('staging')?.instances()) ?? []
  return instances.filter(({ sub }) => sub === 'running')
}

/** The announced services of the shop, once there are `count` of them. */
async function announced(count: number): Promise<string[]> {
  const reader = createEtcdHttp(etcd?.endpoint ?? '')
  for (let tries = 0; ; tries += 1) {
    const pairs = await reader.range('/opsee.co/services/')
    if (pairs.length === count || tries > 100) return pairs.map(({ key, value }) => `${key} ${value}`)
    await sleep(100)
  }
}

describe('The shop', () => {
  it('runs every unit of a tier, the sidekicks beside their instance, registrator on each machine', async () => {
    const instances = await running()
    const names = instances.map(({ unit }) => unit.replace('.service', ''))
    const pairs = ['bartnet', 'vape', 'vape-elb', 'vape-announce'].flatMap((name) => [`${name}@1`, `${name}@2`])
    const others = ['beavis', 'pracovnik@1', 'spanx@1', 'hugs@1', 'registrator', 'registrator', 'registrator']
    expect(names.toSorted()).toEqual(pairs.concat(others).toSorted())
    const machineOf = (unit: string): string | undefined => instances.find((one) => one.unit === unit)?.machine
    expect(machineOf('vape-elb@2.service')).toBe(machineOf('vape@2.service'))
    expect(machineOf('bartnet@1.service')).not.toBe(machineOf('bartnet@2.service'))
  })

  it('announces in etcd what listens, and takes it back when it is gone', async () => {
    const ip = (await running()).find(({ unit }) => unit === 'hugs@1.service')?.ip ?? ''
    const entry = `/opsee.co/services/hugs/ip-${ip.replaceAll('.', '-')}:hugs-1:9096 ${ip}:9096`
    const all = await announced(7)
    expect(all).toContain(entry)
    expect(all.some((line) => line.includes('pracovnik'))).toBe(false)
    await shop?.fleets.get('staging')?.fault({ kind: 'fail-start', unit: 'hugs@1.service' })
    await shop?.fleets.get('staging')?.fault({ kind: 'kill', unit: 'hugs@1.service' })
    expect(await announced(6)).not.toContain(entry)
  })

  it('answers at the machine’s address with what identifies the process', async () => {
    const spanx = (await running()).find(({ unit }) => unit === 'spanx@1.service')
    const response = await fetch(`http://${spanx?.ip ?? ''}:9095/health`)
    const answer: unknown = await response.json()
    expect(answer).toMatchObject({ service: 'spanx', instance: 'spanx-1', pid: spanx?.pid, version: '1.1.7' })
  })

  it('leaves no process when it ends', async () => {
    const pids = (await running()).flatMap(({ pid }) => pid ?? [])
    expect(pids.length).toBeGreaterThan(10)
    await shop?.stop()
    expect(pids.filter(isAlive)).toEqual([])
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
