import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { goodBuilds } from './world/registry.ts'
import { type } from './typing.ts'
import { isReleased, servicesIn, tier as production } from './world/shop.ts'
import type { TierWorld } from './world/tier.ts'
import { allRunning, eventually, type ChaosWorld } from './world/world.ts'

/** Ends every fault, so that nothing keeps the rollouts from their end. A machine that left stays away. */
export async function makeWell(world: ChaosWorld): Promise<void> {
  for (const replica of world.replicas) {
    replica.thaw()
    replica.start()
    for (const proxy of replica.etcd) proxy.pass()
    replica.api.decide(() => 'well')
    replica.envelopes.decide(() => ({ kind: 'once' }))
    replica.clock?.wrongBy(0)
    replica.registry?.decide(() => 'well')
    replica.registry?.delay(0)
  }
  world.registry?.pulls.decide(() => 'well')
  world.peers?.heal()
  for (const { tier, fleet } of world.tiers)
    await fleet.fault({ kind: 'clear', ...(tier === world.tiers[0].tier ? { except: [...world.left] } : {}) })
}

/** How long the units may take to come up before they are started again, in ms. */
const upMs = 15_000
const mostTries = 6
/** A scale that has something to do is recorded within this time. */
const scaleStartsMs = 3000

/** After a round: a machine that left is replaced, and each tier runs what it should run, as a person would see to it. */
export async function restore(world: ChaosWorld): Promise<void> {
  world.left.clear()
  for (const { fleet } of world.tiers) await fleet.fault({ kind: 'clear' })
  for (let tries = 0; tries < mostTries; tries++) {
    for (const tier of world.tiers) await repairTier(world, tier)
    const up = await allRunning(world, upMs).then(
      () => true,
      () => false,
    )
    if (up) break
  }
  await allRunning(world)
  await scaleBack(world)
}

const newest = z.object({
  is: z.object({
    plan: z.object({ tier: z.string(), service: z.string(), others: z.array(z.string()).default([]) }),
    instances: z.array(z.object({ task: z.string().default('replace') })),
  }),
})

/** Opsee remembers how many instances a rollout left. Where that differs from what a person just saw to, the person says so. */
async function scaleBack(world: ChaosWorld): Promise<void> {
  const { recorder, options } = world
  const meant = new Map<string, number>()
  const records = [...recorder.now]
    .filter(([key]) => key.startsWith('rollouts/'))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  for (const [, value] of records) {
    const { plan, instances } = newest.parse(JSON.parse(value)).is
    const left = instances.filter(({ task }) => task !== 'remove').length + plan.others.length
    if (plan.tier === production) meant.set(plan.service, left)
  }
  const odd = options.services.filter(
    ({ name, units }) => units.length > 1 && (meant.get(name) ?? units.length) !== units.length,
  )
  for (const { name, units } of odd) await type(world, 'ann', `scale ${name} ${production} ${units.length} --force`)
  if (odd.length > 0) await sleep(scaleStartsMs)
  const live = (): boolean => [...recorder.now.keys()].some((key) => /^targets\/.*\/(?:active$|queue\/)/.test(key))
  await eventually('scales to end', () => Promise.resolve(!live())).catch(() => undefined)
}

async function repairTier(world: ChaosWorld, { tier, fleet, units, files, fleetctl }: TierWorld): Promise<void> {
  const tell = (...words: readonly string[]): Promise<void> => fleetctl(words).catch(() => undefined)
  await tell('submit', '--replace', ...files.names)
  const sick = new Set(await mended(world, tier))
  const there = await fleet.instances()
  const running = new Set(there.filter(({ sub }) => sub === 'running').map(({ unit }) => unit))
  const extra = [...new Set(there.map(({ unit }) => unit))].filter((unit) => !units.includes(unit))
  if (extra.length > 0) await tell('destroy', ...extra)
  const down = units.filter((unit) => !running.has(unit) || sick.has(unit))
  if (down.length === 0) return
  // One that was made from a broken template keeps that content until it is destroyed.
  await tell('stop', '--no-block', ...down)
  await sleep(1000)
  await tell('destroy', ...down)
  await sleep(1000)
  await tell('start', '--no-block', ...down)
}

/** The units of those services whose tag names a build that does not serve. From now on it names one that does. */
async function mended({ registry, options }: ChaosWorld, tier: string): Promise<readonly string[]> {
  const units: string[] = []
  if (registry === null) return units
  for (const { name, units: own } of servicesIn(options.services, tier).filter(isReleased)) {
    const build = registry.buildOf((await registry.named(name, tier)) ?? '')?.build
    if (goodBuilds.some((good) => good === build)) continue
    await registry.move(name, 'v1', tier)
    units.push(...own)
  }
  return units
}
