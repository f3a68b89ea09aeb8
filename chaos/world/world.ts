import { mkdtempSync, realpathSync } from 'node:fs'
import { copyFile, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { startWatchdog } from '../../demo/demo/watchdog.ts'
import { startEtcd, startEtcdCluster, type EtcdServer } from '../../demo/etcd/start.ts'
import { installFleetctl } from '../../demo/fleet/install.ts'
import type { Fleet } from '../../demo/fleet/start.ts'
import { startLocalSlack, type LocalSlack } from '../../demo/slack/start.ts'
import { fleetLines, type Evidence, type Typed } from '../checker/evidence.ts'
import { heardOf } from './heard.ts'
import { createPeerNet, type PeerNet } from './peers.ts'
import { startRecorder, type Recorder } from './recorder.ts'
import { openRegistry, type ChaosRegistry } from './registry.ts'
import { createReplica, type Replica } from './replica.ts'
import { channels, people, prefix, isReleased, tier, tiersOf, type ShopService } from './shop.ts'
import { openTier, type TierWorld } from './tier.ts'

export interface WorldOptions {
  /** The project's folder. */
  readonly root: string
  readonly members: 1 | 3
  readonly replicas: number
  readonly services: readonly ShopService[]
  /** Rollouts that are kept; 100 at least. */
  readonly retention?: number
  /** libfaketime: the clock of the first replica can be moved. Null: no clock can. */
  readonly faketime: string | null
}

/** The real parts, each behind something that can fail it. */
export interface ChaosWorld {
  readonly options: WorldOptions
  readonly etcd: readonly EtcdServer[]
  /** Between the members; null for one alone. */
  readonly peers: PeerNet | null
  /** Production, and staging where a service is there. */
  readonly tiers: readonly [TierWorld, ...TierWorld[]]
  /** That of production. */
  readonly fleet: Fleet
  /** Machines of production that left, and do not come back before the next round. */
  readonly left: Set<string>
  readonly slack: LocalSlack
  /** Null: no service here has releases. */
  readonly registry: ChaosRegistry | null
  readonly replicas: readonly Replica[]
  readonly recorder: Recorder
  /** What people typed so far. */
  readonly typed: Typed[]
  /** Processes of the bot that ended though nobody ended them. */
  readonly died: string[]
  /** Copies the logs of all bots into a folder. */
  copyLogs(folder: string): Promise<void>
  /** All that the checker may see. */
  evidence(): Promise<Evidence>
  /** Ends every process and removes every file. */
  close(): Promise<void>
}

const timeScale = 0.1
/** Fleet's time to lose a machine (15 s, scaled), two looks of the bot, a lease, and a call: with room. */
const lagMs = 12_000
const patienceMs = 120_000

export async function openWorld(options: WorldOptions): Promise<ChaosWorld> {
  const dir = mkdtempSync(path.join(realpathSync(tmpdir()), 'opsee-chaos-'))
  const watchdog = startWatchdog(dir)
  const ends: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    // The watchdog's shell holds no process open, and this one must see its end.
    const alive = setInterval(() => undefined, 1000)
    for (const end of ends.toReversed()) await end().catch(() => undefined)
    await watchdog.close()
    clearInterval(alive)
  }
  const keep = <T extends { readonly pid: number; stop(): Promise<void> }>(part: T): T => {
    const { pid } = part
    watchdog.process(pid)
    ends.push(() => part.stop().then(() => watchdog.forget(pid)))
    return part
  }
  try {
    // etcd has a guard of its own: its processes come and go.
    const peers = options.members === 1 ? null : createPeerNet()
    if (peers !== null) ends.push(() => peers.close())
    const etcd =
      peers === null ? [await startEtcd()] : await startEtcdCluster(options.members, (ports) => peers.before(ports))
    peers?.name(await Promise.all(etcd.map(({ endpoint }) => memberId(endpoint))))
    ends.push(async () => void (await Promise.all(etcd.map((member) => member.stop()))))
    const recorder = startRecorder(
      etcd.map(({ endpoint }) => endpoint),
      prefix,
    )
    ends.push(() => recorder.close())
    const users = Object.entries(people).map(([name, id]) => ({ id, name, real_name: name }))
    const rooms = [
      { id: channels.main, name: 'deploys' },
      { id: channels.history, name: 'deploy-history' },
    ]
    const slack = keep(await startLocalSlack({ users, channels: rooms }))
    const registry = options.services.some(isReleased) ? await openRegistry(options.root, dir, options.services) : null
    if (registry !== null) {
      const { pid } = registry.server
      watchdog.process(pid)
      ends.push(() => registry.close().then(() => watchdog.forget(pid)))
    }
    const aliases = { '/usr/bin/docker': path.join(options.root, 'demo', 'shop', 'docker') }
    const fleetctl = installFleetctl(path.join(dir, 'bin'))
    const open = (name: string): Promise<TierWorld> =>
      openTier({ tier: name, dir, fleetctl, services: options.services, aliases, registry, keep, timeScale })
    const production = await open(tier)
    const others: TierWorld[] = []
    for (const name of tiersOf(options.services)) if (name !== tier) others.push(await open(name))
    const tiers = [production, ...others] as const
    const homes = new Map<string, number>()
    const typed: Typed[] = []
    const died: string[] = []
    const fleets = new Map(tiers.map((one) => [one.tier, one.fleet.endpoints]))
    const policy = path.join(options.root, 'policy.cedar')
    const config = { fleetctl, fleets, policy, services: options.services, retention: options.retention ?? 10_000 }
    const replicas: Replica[] = []
    for (let at = 1; at <= options.replicas; at++) {
      const replica = await createReplica({
        name: `bot${at}`,
        root: options.root,
        dir,
        etcd: etcd.map(({ endpoint }) => endpoint),
        slack,
        registry: registry?.server.url ?? null,
        config,
        watchdog,
        faketime: at === 1 ? options.faketime : null,
        born: (home, pid) => void homes.set(home, pid),
        died: (how) => void died.push(how),
      })
      ends.push(() => replica.close())
      replicas.push(replica)
      replica.start()
    }
    const world: ChaosWorld = {
      options,
      etcd,
      peers,
      tiers,
      fleet: production.fleet,
      left: new Set(),
      slack,
      registry,
      replicas,
      recorder,
      typed,
      died,
      async evidence() {
        await recorder.caughtUp()
        const logs = await Promise.all(
          tiers.map(async (one) => fleetLines(await readFile(one.fleet.log, 'utf8'), one.tier)),
        )
        const all = await Promise.all(Object.values(channels).map((channel) => slack.messages(channel)))
        return {
          changes: [...recorder.changes],
          fleet: logs.flat().sort((a, b) => a.at - b.at),
          ...(await heardOf(world)),
          messages: all.flat(),
          typed: [...typed],
          homes: new Map(homes),
          harness: dir,
          machines: new Map(tiers.flatMap((one) => one.fleet.machines.map(({ id, ip }) => [id, ip] as const))),
          historyChannel: channels.history,
          bot: slack.app.botUserId,
          lagMs,
        }
      },
      async copyLogs(folder) {
        for (const home of homes.keys())
          await copyFile(path.join(home, 'bot.log'), path.join(folder, `${path.basename(home)}.log`))
      },
      close,
    }
    await allRunning(world)
    await allReady(world)
    return world
  } catch (error) {
    await close()
    throw error
  }
}

const memberStatus = z.object({ header: z.object({ member_id: z.string() }) })

/** As members name themselves to each other. */
export async function memberId(endpoint: string): Promise<string> {
  const response = await fetch(`${endpoint}/v3/maintenance/status`, { method: 'POST', body: '{}' })
  return BigInt(memberStatus.parse(await response.json()).header.member_id).toString(16)
}

/** Resolves when every unit of the shop runs, once, and no other unit does. */
export async function allRunning({ tiers }: ChaosWorld, ms = patienceMs): Promise<void> {
  const runs = async ({ fleet, units }: TierWorld): Promise<boolean> => {
    const running = (await fleet.instances()).filter(({ sub, pid }) => sub === 'running' && pid !== null)
    return running.length === units.length && units.every((unit) => running.some((one) => one.unit === unit))
  }
  await eventually('every instance to run', async () => (await Promise.all(tiers.map(runs))).every(Boolean), ms)
}

/** Resolves when every replica that runs has told that it is ready. */
export async function allReady(world: ChaosWorld): Promise<void> {
  await eventually('the replicas to be ready', async () => {
    const running = world.replicas.flatMap((one) => one.bot() ?? [])
    const logs = await Promise.all(running.map(({ log }) => readFile(log, 'utf8').catch(() => '')))
    return logs.every((text) => text.includes('opsee is ready'))
  })
}

/** Asks again until it is so. Rejects after two minutes, or when told. */
export async function eventually(what: string, holds: () => Promise<boolean>, ms = patienceMs): Promise<void> {
  const until = performance.now() + ms
  while (!(await holds())) {
    if (performance.now() > until) throw new Error(`waited ${ms / 1000} s for ${what}`)
    await sleep(100)
  }
}
