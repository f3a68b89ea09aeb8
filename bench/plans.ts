import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { pushImage } from '../demo/registry/push-image.ts'
import { startRegistry } from '../demo/registry/start.ts'
import { configSchema } from '../src/config/schema.ts'
import { targetText, type Target } from '../src/domain/target.ts'
import type { OpenGround } from './ground.ts'
import type { BenchOptions } from './options.ts'
import { openPlanners, type PlanningBot, type Planners } from './planning-bot.ts'
import { countingRequests } from './requests.ts'
import { ann, benchConfig, copies, imageOf, tiers } from './shop.ts'
import { statsOf, type Stats } from './stats.ts'

/** The bot goes on looking at a fleet for so long after it was asked: each look at it is the first one. */
const quietMs = 6500
/** As many as the bot's registry client makes at once. */
export const socketsAtOnce = 16

/** Milliseconds for all targets, and how many requests the registry got in one round. */
export interface Timed {
  readonly ms: Stats
  readonly requests: number
}

export interface PlansResult {
  readonly targets: number
  /** What each tier's tag names and what the image's labels say, for every target: by plain fetch, and by the bot. */
  readonly bare: { readonly cold: Timed; readonly warm: Timed }
  readonly looked: { readonly cold: Timed; readonly warm: Timed }
  /** Every target planned, with all that a plan reads: the fleets, the registry and etcd. */
  readonly planned: { readonly cold: Timed; readonly warm: Timed }
  /** The three lists of each of the two fleets, side by side: what every plan waits for. */
  readonly fleets: Stats
}

/** Plans every target of a shop at once: a hundred services in two tiers, each tier with builds of its own. */
export async function measurePlans(open: OpenGround, options: BenchOptions): Promise<PlansResult> {
  const { services: many, instancesEach } = options.plans
  const ground = await open({ timeScale: options.timeScale })
  try {
    const registry = ground.keep(await startRegistry())
    const services = Array.from({ length: many }, (_, index) => copies(`svc-${index + 1}`, instancesEach))
    const staging = await ground.startFleet('staging')
    const names = services.map(({ name }) => name)
    const [digests] = await Promise.all([
      pushAll(registry.url, names),
      ground.launch(services),
      ground.launch(services, staging),
    ])
    const { root, etcd, slack, fleetctl, fleet, settleMs } = { ...ground, ...options }
    const given = { root, apiUrl: slack.apiUrl, etcd, fleetctl, endpoints: fleet.endpoints, settleMs, services }
    const text = benchConfig({ ...given, releases: { registry: registry.url, staging: staging.endpoints } })
    const planners = openPlanners(configSchema.parse(JSON.parse(text)))
    try {
      return await measure({ ...planners, url: registry.url, digests }, options.plans.rounds)
    } finally {
      await planners.close()
    }
  } finally {
    await ground.close()
  }
}

/** Digest of what each target's tag names, by the target's text. */
async function pushAll(url: string, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>()
  for (const tier of tiers) {
    for (const name of names) {
      const target = { service: name, tier }
      const image = { version: versionOf(target), revision: '1f6c0be' }
      digests.set(targetText(target), await pushImage(url, imageOf(name), tier, image))
    }
  }
  return digests
}

const versionOf = ({ service, tier }: Target): string => `${service} in ${tier}`

interface Shop extends Planners {
  readonly url: string
  readonly digests: ReadonlyMap<string, string>
}

async function measure(shop: Shop, rounds: number): Promise<PlansResult> {
  const rows = { bareCold: row(), bareWarm: row(), lookedCold: row(), lookedWarm: row(), cold: row(), warm: row() }
  const fleets: number[] = []
  // The first round makes connections to etcd and compiles: it does not count.
  for (let round = -1; round < rounds; round += 1) {
    const timed = async (values: Row, act: () => Promise<void>): Promise<void> => {
      const begin = performance.now()
      const { requests } = await countingRequests(shop.url, act)
      if (round < 0) return
      values.ms.push(performance.now() - begin)
      values.requests.push(requests)
    }
    const [first, second] = [shop.newBot(), shop.newBot()]
    try {
      await timed(rows.bareCold, () => askBare(shop, true))
      await timed(rows.lookedCold, () => lookUp(first, shop))
      await timed(rows.bareWarm, () => askBare(shop, false))
      await timed(rows.lookedWarm, () => lookUp(first, shop))
      await sleep(quietMs)
      const begin = performance.now()
      await shop.lookAtFleets()
      if (round >= 0) fleets.push(performance.now() - begin)
      for (const values of [rows.cold, rows.warm]) {
        await sleep(quietMs)
        await timed(values, () => planAll(second, shop))
      }
    } finally {
      await Promise.all([first.close(), second.close()])
    }
  }
  return {
    targets: shop.targets.length,
    bare: { cold: timedOf(rows.bareCold), warm: timedOf(rows.bareWarm) },
    looked: { cold: timedOf(rows.lookedCold), warm: timedOf(rows.lookedWarm) },
    planned: { cold: timedOf(rows.cold), warm: timedOf(rows.warm) },
    fleets: statsOf(fleets),
  }
}

async function lookUp({ releases }: PlanningBot, shop: Shop): Promise<void> {
  const look = async (target: Target): Promise<void> => {
    const wanted = await releases.wanted(target, 'describe')
    if (wanted.kind === 'unknown') throw new Error(wanted.reason)
    expectRelease(shop, target, await releases.describe(target.service, wanted.digest ?? '', target.tier))
  }
  await Promise.all(shop.targets.map(look))
}

async function planAll({ planner }: PlanningBot, shop: Shop): Promise<void> {
  const plan = async (target: Target): Promise<void> => {
    const asked = { kind: 'deploy', target, actor: { id: ann, name: 'ann' }, batch: null, canary: null } as const
    const planned = await planner.plan({ ...asked, only: null })
    if (planned.kind !== 'plan') throw new Error(planned.message)
    const { release, warnings } = planned.plan
    if (release === null) throw new Error(warnings.join('; '))
    expectRelease(shop, target, release.to)
  }
  await Promise.all(shop.targets.map(plan))
}

function expectRelease(
  { digests }: Shop,
  target: Target,
  { digest, version }: { readonly digest: string; readonly version: string | null },
): void {
  if (digest === digests.get(targetText(target)) && version === versionOf(target)) return
  throw new Error(`${targetText(target)} is said to be ${version} (${digest})`)
}

/** The same questions by plain fetch, as many at once: what the tag names, and what the labels say unless that is known. */
async function askBare({ url, targets }: Shop, labels: boolean): Promise<void> {
  const waiting = [...targets]
  const work = async (): Promise<void> => {
    for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) await ask(target)
  }
  const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' }
  const ask = async ({ service, tier }: Target): Promise<void> => {
    const base = `${url}/v2/${imageOf(service)}`
    const head = await fetch(`${base}/manifests/${tier}`, { method: 'HEAD', headers })
    const digest = head.headers.get('docker-content-digest')
    if (digest === null) throw new Error(`${service} has no image of ${tier}`)
    if (!labels) return
    const manifest = await fetch(`${base}/manifests/${digest}`, { headers })
    const { config } = z.object({ config: z.object({ digest: z.string() }) }).parse(await manifest.json())
    await (await fetch(`${base}/blobs/${config.digest}`)).json()
  }
  await Promise.all(Array.from({ length: socketsAtOnce }, work))
}

interface Row {
  readonly ms: number[]
  readonly requests: number[]
}

const row = (): Row => ({ ms: [], requests: [] })

const timedOf = ({ ms, requests }: Row): Timed => ({ ms: statsOf(ms), requests: statsOf(requests).max })
