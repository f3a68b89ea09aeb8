import { execFile } from 'node:child_process'
import { mkdtempSync, realpathSync } from 'node:fs'
import { copyFile, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { z } from 'zod'
import { startWatchdog } from '../../demo/demo/watchdog.ts'
import { startEtcd, startEtcdCluster, type EtcdServer } from '../../demo/etcd/start.ts'
import { installFleetctl } from '../../demo/fleet/install.ts'
import { startFleet, type Fleet } from '../../demo/fleet/start.ts'
import { startLocalSlack, type LocalSlack } from '../../demo/slack/start.ts'
import { fleetLines, type Evidence, type Typed } from '../checker/evidence.ts'
import { heardOf } from './heard.ts'
import { createPeerNet, type PeerNet } from './peers.ts'
import { startRecorder, type Recorder } from './recorder.ts'
import { openRegistry, type ChaosRegistry } from './registry.ts'
import { createReplica, type Replica } from './replica.ts'
import { channels, people, prefix, isReleased, writeUnits, type ShopService } from './shop.ts'

const run = promisify(execFile)

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
  readonly fleet: Fleet
  readonly slack: LocalSlack
  /** Null: no service here has releases. */
  readonly registry: ChaosRegistry | null
  readonly replicas: readonly Replica[]
  readonly recorder: Recorder
  /** What people typed so far. */
  readonly typed: Typed[]
  /** Processes of the bot that ended though nobody ended them. */
  readonly died: string[]
  /** Runs fleetctl as a person would, beside the bot. */
  fleetctl(...words: readonly string[]): Promise<void>
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
    const docker = registry === null ? {} : { aliases, env: registry.env }
    const fleet = keep(await startFleet({ dir: path.join(dir, 'fleet'), machines: 3, timeScale, ...docker }))
    const fleetctl = installFleetctl(path.join(dir, 'bin'))
    const cwd = writeUnits(dir, options.services)
    const call = async (...words: readonly string[]): Promise<void> => {
      const env = { PATH: process.env['PATH'], HOME: dir }
      await run(fleetctl, [`--endpoint=${fleet.endpoints[0] ?? ''}`, ...words], { cwd, env, timeout: patienceMs })
    }
    const units = options.services.flatMap((service) => [...service.units, ...service.sidekicks])
    await call('start', '--no-block', ...units)
    const homes = new Map<string, number>()
    const typed: Typed[] = []
    const died: string[] = []
    const { endpoints } = fleet
    const policy = path.join(options.root, 'policy.cedar')
    const config = { fleetctl, endpoints, policy, services: options.services, retention: options.retention ?? 10_000 }
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
      fleet,
      slack,
      registry,
      replicas,
      recorder,
      typed,
      died,
      fleetctl: call,
      async evidence() {
        await recorder.caughtUp()
        const fleetText = await readFile(fleet.log, 'utf8')
        const all = await Promise.all(Object.values(channels).map((channel) => slack.messages(channel)))
        return {
          changes: [...recorder.changes],
          fleet: fleetLines(fleetText),
          ...(await heardOf(world)),
          messages: all.flat(),
          typed: [...typed],
          homes: new Map(homes),
          harness: dir,
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

/** Resolves when every instance of the shop runs, once. */
export async function allRunning(world: ChaosWorld): Promise<void> {
  const units = world.options.services.flatMap((service) => [...service.units, ...service.sidekicks])
  await eventually('every instance to run', async () => {
    const running = (await world.fleet.instances()).filter(({ sub, pid }) => sub === 'running' && pid !== null)
    return units.every((unit) => running.filter((one) => one.unit === unit).length === 1)
  })
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
