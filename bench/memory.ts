import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isOver } from '../src/domain/rollout.ts'
import type { BenchOptions } from './options.ts'
import { ann, channel, liveServices, tier } from './shop.ts'
import { statsOf, type Stats } from './stats.ts'
import type { BenchWorld } from './world.ts'

const limitMs = 600_000
const quietMs = 10_000

/** Resident memory of the bot's process in MB (10^6 bytes), looked at once a second. */
export async function measureMemory({ bot }: BenchWorld, { memory }: BenchOptions): Promise<Stats> {
  const values: number[] = []
  for (let sample = 0; sample < memory.samples; sample++) {
    values.push(await residentMb(bot.pid))
    await sleep(1000)
  }
  return statsOf(values)
}

/** Starts rollouts that stay live, each in a thread of its own, and waits until all of them are driven and told. */
export async function startLiveRollouts(world: BenchWorld, { memory }: BenchOptions): Promise<void> {
  const { slack, journal, bot } = world
  for (const service of liveServices(memory.rollouts)) await slack.command(ann, channel, `deploy ${service} ${tier}`)
  const until = performance.now() + limitMs
  for (;;) {
    const gone = bot.ended()
    if (gone !== null) throw new Error(gone)
    const live = (await journal.rollouts()).filter((rollout) => !isOver(rollout))
    const roots = (await slack.messages(channel)).filter(({ text }) => text.includes('is rolling'))
    const proving = live.filter(({ instances }) => instances.every(({ stage }) => stage === 'proving'))
    if (proving.length === memory.rollouts && roots.length >= memory.rollouts) break
    if (performance.now() > until) {
      throw new Error(`${proving.length} of ${memory.rollouts} rollouts are live, and ${roots.length} are told`)
    }
    await sleep(1000)
  }
  await sleep(quietMs)
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
  if (kib === undefined) throw new Error(`process ${pid} says nothing of its memory`)
  return (Number(kib) * 1024) / 1_000_000
}
