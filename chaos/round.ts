import { setTimeout as sleep } from 'node:timers/promises'
import { check, violationText, type Verdict } from './checker/check.ts'
import type { Evidence } from './checker/evidence.ts'
import { afterProofFaults } from './faults/after-proof.ts'
import { clockFaults } from './faults/clock.ts'
import { etcdFaults } from './faults/etcd.ts'
import { oneOf, type Fault } from './faults/fault.ts'
import { fleetFaults } from './faults/fleet.ts'
import { machineFaults } from './faults/machines.ts'
import { momentFaults } from './faults/moments.ts'
import { peerFaults } from './faults/peers.ts'
import { registryFaults } from './faults/registry.ts'
import { replicaFaults } from './faults/replicas.ts'
import { slackFaults } from './faults/slack.ts'
import { deedAt, letGo } from './people.ts'
import { chancesFrom, type Chances } from './random.ts'
import { makeWell, restore } from './repair.ts'
import { eventually, type ChaosWorld } from './world/world.ts'

export interface RoundResult {
  readonly seed: number
  /** Until all had ended, and until all was whole again, from the beginning. */
  readonly endedMs: number
  readonly ms: number
  /** What went wrong on purpose: the kind, and to whom. */
  readonly injected: readonly { readonly what: string; readonly detail: string }[]
  /** How each rollout ended. */
  readonly phases: readonly string[]
  /** How many were of another release than the one before. */
  readonly renewals: number
  /** How often a rollout was taken up again by another process. */
  readonly takeovers: number
  /** What was found wrong, in words. */
  readonly wrong: readonly string[]
  readonly evidence: Evidence
}

const familiesOf = ({ peers, replicas, registry }: ChaosWorld): readonly (readonly Fault[])[] => [
  replicas.some(({ clock }) => clock !== null) ? [...replicaFaults, ...clockFaults] : replicaFaults,
  peers === null ? etcdFaults : [...etcdFaults, ...peerFaults],
  fleetFaults,
  slackFaults,
  ...(registry === null ? [] : [registryFaults]),
]

/** Those that wait for their moment, where there is a registry. */
const momentFamilies = ({ registry }: ChaosWorld, chances: Chances): readonly (readonly Fault[])[] =>
  registry === null ? [] : twoOf(chances, [momentFaults, afterProofFaults, machineFaults])

/** Each of these begins rollouts of its own: all three at once would only stand in each other's queue. */
function twoOf<T>(chances: Chances, from: readonly [T, T, T]): readonly T[] {
  const without = chances.between(0, from.length - 1)
  return from.filter((_, index) => index !== without)
}

/** People do things for so long, and things go wrong meanwhile. */
const unrestMs = 14_000
/** Then everything is made well, and all must end: on a busy machine it may take long, but not stand still for so long. */
const stillMs = 150_000
const endMs = 900_000
/** Nothing may have changed for so long: a command may be under way, or a message that would come too much. */
const calmMs = 4000

/** One round of unrest in a world that is well, and what the checker says of it. The same seed plans the same. */
export async function playRound(world: ChaosWorld, seed: number): Promise<RoundResult> {
  const began = performance.now()
  const after = world.recorder.changes.at(-1)?.revision ?? 0
  const died = world.died.length
  const injected: { readonly what: string; readonly detail: string }[] = []
  const families = [
    ...familiesOf(world).map((family) => ({ family, least: 0 })),
    ...momentFamilies(world, chancesFrom(seed)).map((family) => ({ family, least: 1 })),
  ]
  const unrest = families.map(({ family, least }, index) =>
    disturb(world, { seed: seed * 10 + index, least }, family, injected),
  )
  await Promise.all([act(world, seed * 10 + 9), ...unrest])
  await makeWell(world)
  await cameToRest(world)
  const endedMs = Math.round(performance.now() - began)
  const evidence = await world.evidence()
  const verdict = check(evidence, after)
  const silent = world.recorder.changes.every(({ revision }) => revision <= after)
  const wrong = [
    // What nobody saw holds in vain.
    ...(silent ? ['nothing was written to etcd in this round, or nobody saw it'] : []),
    ...verdict.violations.map(violationText),
    ...world.died.slice(died).map((how) => `a replica ended by itself: ${how}`),
  ]
  if (wrong.length === 0) await restore(world)
  return {
    seed,
    endedMs,
    ms: Math.round(performance.now() - began),
    injected,
    ...summary(verdict),
    wrong,
    evidence,
  }
}

function summary({ stories }: Verdict): Pick<RoundResult, 'phases' | 'renewals' | 'takeovers'> {
  return {
    phases: stories.map(({ ended }) => ended?.is.phase ?? 'unfinished'),
    renewals: stories.filter(({ begun }) => {
      const release = begun?.is.plan.release ?? null
      return release !== null && release.from !== release.to.digest
    }).length,
    takeovers: stories.reduce((sum, { owners }) => sum + Math.max(0, owners.length - 1), 0),
  }
}

async function act(world: ChaosWorld, seed: number): Promise<void> {
  const chances = chancesFrom(seed)
  const count = chances.between(4, 8)
  const doing: Promise<void>[] = []
  for (let index = 0; index < count; index++) {
    const own = chancesFrom(chances.between(0, 1_000_000_000))
    doing.push(deedAt(own, index)(world, own, `s${seed}-${index}`))
    await sleep(index === 0 ? 300 : chances.between(100, (2 * unrestMs) / count))
  }
  await Promise.all(doing)
}

/** Faults of one family, one after the other: two of them would only undo each other. */
async function disturb(
  world: ChaosWorld,
  { seed, least }: { readonly seed: number; readonly least: number },
  family: readonly Fault[],
  injected: { readonly what: string; readonly detail: string }[],
): Promise<void> {
  const chances = chancesFrom(seed)
  const until = performance.now() + unrestMs
  const count = chances.between(least, 2)
  for (let index = 0; index < count && performance.now() < until; index++) {
    await sleep(chances.between(500, unrestMs / 2))
    const fault = oneOf(chances, family)
    const begun = await fault.begin(world, chances)
    if (begun === null) continue
    const { forMs, detail } = begun
    injected.push({ what: fault.what, detail: `${detail}, for ${(forMs / 1000).toFixed(1)} s` })
    await sleep(forMs)
    await begun.end()
  }
}

/** Waits for the end of all that was begun. What does not end is for the checker to tell. */
export async function cameToRest(world: ChaosWorld, calm = calmMs): Promise<void> {
  const open = (key: string): boolean => /^(targets\/.*\/active|telling\/|targets\/.*\/queue\/)/.test(key)
  let calmSince = performance.now()
  let movedAt = performance.now()
  let seen = world.recorder.changes.length
  const rested = async (): Promise<boolean> => {
    const { changes, now } = world.recorder
    const fresh = changes.slice(seen)
    seen = changes.length
    // Who drives it is no progress: it may go round for ever.
    if (fresh.some(({ key }) => /^(events|threads|history)\//.test(key))) movedAt = performance.now()
    const quiet = (await letGo(world)) && fresh.length === 0 && ![...now.keys()].some(open)
    if (!quiet) calmSince = performance.now()
    return performance.now() - calmSince > calm || performance.now() - movedAt > stillMs
  }
  await eventually('all rollouts to end', rested, endMs).catch(() => undefined)
}
