import { setTimeout as sleep } from 'node:timers/promises'
import type { SlackControl } from '../demo/slack/control.ts'
import type { BenchOptions } from './options.ts'
import { ann, channel } from './shop.ts'
import { statsOf, type Stats } from './stats.ts'
import type { BenchWorld } from './world.ts'

export interface AckResult {
  readonly bot: Stats
  readonly bare: Stats
}

/** Each asks the policy once and etcd once, and then looks at nothing, the locks, the history, and the policy again. */
export const typed = ['help', 'locks', 'history', 'can lock production "sale"'] as const
const warmUpSeconds = 2

/**
 * Milliseconds from a command's way into local-slack until the answer that it was acknowledged. Rounds alternate between
 * the two, so that both have the same machine.
 */
export async function measureAck(world: BenchWorld, { ack }: BenchOptions): Promise<AckResult> {
  const bot: number[] = []
  const bare: number[] = []
  const { perSecond, seconds, rounds } = ack
  for (const slack of [world.slack, world.bareSlack]) await burst(slack, perSecond, warmUpSeconds)
  for (let round = 0; round < rounds; round++) {
    bare.push(...(await burst(world.bareSlack, perSecond, seconds)))
    bot.push(...(await burst(world.slack, perSecond, seconds)))
  }
  return { bot: statsOf(bot), bare: statsOf(bare) }
}

/** Each at its time, whether or not the ones before were answered: a slow answer must not slow the asking down. */
async function burst(slack: SlackControl, perSecond: number, seconds: number): Promise<number[]> {
  const begin = performance.now()
  const one = async (index: number): Promise<number> => {
    await sleep(Math.max(0, begin + (index * 1000) / perSecond - performance.now()))
    const sentAt = performance.now()
    await slack.command(ann, channel, typed[index % typed.length] ?? 'help')
    return performance.now() - sentAt
  }
  const answers = await Promise.all(Array.from({ length: perSecond * seconds }, (_, index) => one(index)))
  // What the bot still answers belongs to nobody else's round.
  await sleep(1000)
  return answers
}
