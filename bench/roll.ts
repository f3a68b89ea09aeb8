import { execFile } from 'node:child_process'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Fleet } from '../demo/fleet/start.ts'
import type { BenchOptions } from './options.ts'
import { ann, channel, serviceOf, tier } from './shop.ts'
import { statsOf, type Stats } from './stats.ts'
import type { BenchWorld } from './world.ts'

const run = promisify(execFile)
const limitMs = 900_000
/** The bot's own default. */
export const pauseSeconds = 0.5

export interface RollResult {
  readonly instances: number
  readonly atOnce: number
  /** Seconds from the first word typed until all were replaced and steady. */
  readonly bot: Stats
  readonly byHand: Stats
}

type Roll = BenchOptions['rolls'][number]

/** Both roll the same units of the same fleet, one after the other, in turn. */
export async function measureRolls(world: BenchWorld, options: BenchOptions): Promise<RollResult[]> {
  const results: RollResult[] = []
  for (const roll of options.rolls) {
    const bot: number[] = []
    const byHand: number[] = []
    for (let round = 0; round < roll.rounds; round++) {
      byHand.push(await replacing(world.fleet, roll, () => rollByHand(world, roll, options.settleMs)))
      bot.push(await replacing(world.fleet, roll, () => rollByBot(world, roll)))
    }
    const { instances, atOnce } = roll
    results.push({ instances, atOnce, bot: statsOf(bot), byHand: statsOf(byHand) })
  }
  return results
}

async function rollByHand(world: BenchWorld, { instances, atOnce }: Roll, settleMs: number): Promise<number> {
  const { root, fleet, fleetctl } = world
  const how = [fleetctl, fleet.endpoints[0] ?? '', String(atOnce), String(settleMs / 1000), String(pauseSeconds)]
  const words = [path.join(root, 'bench', 'by-hand.sh'), ...how, ...serviceOf(instances).units]
  const begin = performance.now()
  await run('/bin/sh', words, { env: { PATH: process.env['PATH'] }, timeout: limitMs })
  return (performance.now() - begin) / 1000
}

async function rollByBot({ slack, journal, bot }: BenchWorld, { instances, atOnce }: Roll): Promise<number> {
  const before = (await journal.rollouts()).at(-1)?.id ?? 0
  const begin = Date.now()
  await slack.command(ann, channel, `deploy ${serviceOf(instances).name} ${tier} --batch ${atOnce}`)
  while (Date.now() < begin + limitMs) {
    await sleep(500)
    const gone = bot.ended()
    if (gone !== null) throw new Error(gone)
    const rollout = (await journal.rollouts()).find(({ id }) => id > before)
    if (rollout === undefined || rollout.endedAt === null) continue
    if (rollout.phase !== 'succeeded') throw new Error(`rollout ${rollout.id} ${rollout.phase}`)
    return (rollout.endedAt - begin) / 1000
  }
  throw new Error(`a rollout did not end within ${limitMs / 1000} s`)
}

/** A time counts only when every process was really replaced, by the fleet's own record. */
async function replacing(fleet: Fleet, { instances }: Roll, roll: () => Promise<number>): Promise<number> {
  const processes = async (): Promise<ReadonlyMap<string, number | null>> =>
    new Map((await fleet.instances()).filter(({ sub }) => sub === 'running').map(({ unit, pid }) => [unit, pid]))
  const before = await processes()
  const seconds = await roll()
  const after = await processes()
  const kept = serviceOf(instances).units.filter((unit) => !after.has(unit) || after.get(unit) === before.get(unit))
  if (kept.length > 0) throw new Error(`not replaced: ${kept.join(', ')}`)
  return seconds
}
