import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { check, violationText } from './checker/check.ts'
import { etcdFaults } from './faults/etcd.ts'
import { oneOf, type Fault } from './faults/fault.ts'
import { fleetFaults } from './faults/fleet.ts'
import { replicaFaults } from './faults/replicas.ts'
import { slackFaults } from './faults/slack.ts'
import { letGo } from './people.ts'
import { chancesFrom } from './random.ts'
import { makeWell } from './repair.ts'
import { cameToRest } from './round.ts'
import { channels, people, tier, type ShopService } from './world/shop.ts'
import { allRunning, eventually, type ChaosWorld } from './world/world.ts'

/** Many rollouts on many targets, one after the other and some at once, with faults all the while: what grows? */

interface SoakOptions {
  readonly rollouts: number
  readonly seed: number
}

/** How things stood when so many rollouts had ended. */
interface SoakSample {
  readonly minutes: number
  readonly ended: number
  /** Of the replica that is never killed, in MB (10^6 bytes). */
  readonly memoryMb: number
  /** Below the bot's prefix, and of these, rollouts. */
  readonly keys: number
  readonly rollouts: number
  /** What etcd uses after a compaction, in MB. */
  readonly etcdMb: number
}

interface SoakResult {
  readonly samples: readonly SoakSample[]
  readonly phases: readonly string[]
  readonly takeovers: number
  readonly faults: number
  readonly wrong: readonly string[]
}

/** Rollouts that are kept: the least that the configuration allows. */
export const soakRetention = 100
const sampleEvery = 20
/** So many are under way at once, as far as the targets allow. */
const atOnce = 5

export const soakServices = (targets: number): readonly ShopService[] =>
  Array.from({ length: targets }, (_, index) => {
    const name = `s${String(index + 1).padStart(2, '0')}`
    const units = [1, 2].map((copy) => `${name}@${copy}.service`)
    return { name, units, sidekicks: [], inStaging: 0, port: null, config: { team: 'team', unit: `${name}@.service` } }
  })

export async function soak(world: ChaosWorld, options: SoakOptions, say: (text: string) => void): Promise<SoakResult> {
  const over = new AbortController()
  const samples: SoakSample[] = []
  const began = performance.now()
  const take = async (): Promise<void> => {
    const sample = { minutes: (performance.now() - began) / 60_000, ...(await measure(world)) }
    samples.push(sample)
    say(rowText(sample))
  }
  await take()
  let faults = 0
  const unrest = [replicaFaults, etcdFaults, fleetFaults, slackFaults].map((family, index) =>
    disturb(world, family, options.seed * 10 + index, over.signal, () => (faults += 1)),
  )
  for (let begun = 0; begun < options.rollouts; begun++) {
    const before = counted(world).all
    await eventually('room for another rollout', async () => (await mayBegin(world)) < atOnce, 600_000)
    const name = world.options.services[begun % world.options.services.length]?.name ?? ''
    for (let tries = 0; counted(world).all === before && tries < 20; tries++) {
      await world.slack.command(people.ann, channels.main, `deploy ${name} ${tier} --force`).catch(() => undefined)
      await eventually('it to begin', () => Promise.resolve(counted(world).all > before), 6000).catch(() => undefined)
    }
    if ((begun + 1) % sampleEvery === 0) await take()
  }
  over.abort()
  await Promise.all(unrest)
  await makeWell(world)
  await cameToRest(world)
  await allRunning(world).catch(() => undefined)
  // Replicas look after what is old every ten minutes of their lives.
  const gone = (): Promise<boolean> => Promise.resolve(counted(world).kept <= soakRetention)
  await eventually('old rollouts to be gone', gone, 720_000).catch((error: unknown) => say(String(error)))
  await take()
  const { stories, violations } = check(await world.evidence())
  return {
    samples,
    faults,
    phases: stories.map(({ ended }) => ended?.is.phase ?? 'unfinished'),
    takeovers: stories.reduce((sum, { owners }) => sum + Math.max(0, owners.length - 1), 0),
    wrong: [...violations.map(violationText), ...world.died],
  }
}

/** Faults of one family, one after the other. The first replica is spared of its own: its memory is looked at. */
async function disturb(
  world: ChaosWorld,
  family: readonly Fault[],
  seed: number,
  over: AbortSignal,
  count: () => void,
): Promise<void> {
  const chances = chancesFrom(seed)
  const hit: ChaosWorld = family === replicaFaults ? { ...world, replicas: world.replicas.slice(1) } : world
  while (!over.aborted) {
    await sleep(chances.between(5000, 30_000), undefined, { signal: over }).catch(() => undefined)
    if (over.aborted) return
    const begun = await oneOf(chances, family).begin(hit, chances)
    if (begun === null) continue
    count()
    await sleep(begun.forMs)
    await begun.end()
  }
}

/** Lets go what a person must say yes to; how many are under way. */
async function mayBegin(world: ChaosWorld): Promise<number> {
  await letGo(world)
  return [...world.recorder.now.keys()].filter((key) => /^targets\/.*\/(?:active$|queue\/)/.test(key)).length
}

function counted({ recorder }: ChaosWorld): { readonly all: number; readonly kept: number; readonly ended: number } {
  const made = new Set<string>()
  const ended = new Set<string>()
  for (const { key, value } of recorder.changes) {
    if (key.startsWith('rollouts/')) made.add(key)
    if (key.startsWith('history/all/') && value !== null) ended.add(key)
  }
  const kept = [...recorder.now.keys()].filter((key) => key.startsWith('rollouts/')).length
  return { all: made.size, kept, ended: ended.size }
}

const answer = z.object({ header: z.object({ revision: z.string() }), dbSizeInUse: z.string().optional() })

async function measure(world: ChaosWorld): Promise<Omit<SoakSample, 'minutes'>> {
  const pid = world.replicas[0]?.bot()?.pid ?? 0
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0)
  const { ended, kept } = counted(world)
  const keys = world.recorder.now.size
  return { ended, memoryMb: (kib * 1024) / 1_000_000, keys, rollouts: kept, etcdMb: await etcdMb(world) }
}

/** What is left once old revisions are gone, as an etcd that compacts by itself does. */
async function etcdMb({ etcd }: ChaosWorld): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    try {
      const endpoint = etcd[0]?.endpoint ?? ''
      const ask = async (path: string, body: object): Promise<unknown> => {
        const signal = AbortSignal.timeout(5000)
        const response = await fetch(`${endpoint}/v3/${path}`, { method: 'POST', body: JSON.stringify(body), signal })
        return response.json()
      }
      const { header } = answer.parse(await ask('maintenance/status', {}))
      // Watches that are a little behind must find what they need.
      await ask('kv/compaction', { revision: String(Math.max(1, Number(header.revision) - 200)), physical: true })
      const { dbSizeInUse = '0' } = answer.parse(await ask('maintenance/status', {}))
      return Number(dbSizeInUse) / 1_000_000
    } catch {
      // It is away just now.
      await sleep(500)
    }
  }
  return Number.NaN
}

export const soakHead = [
  '| minutes | rollouts ended | memory of a replica | keys | rollouts kept | etcd in use |',
  '| ------: | -------------: | ------------------: | ---: | ------------: | ----------: |',
].join('\n')

const rowText = ({ minutes, ended, memoryMb, keys, rollouts, etcdMb }: SoakSample): string =>
  `| ${minutes.toFixed(1)} | ${ended} | ${memoryMb.toFixed(0)} MB | ${keys} | ${rollouts} | ${etcdMb.toFixed(2)} MB |`
