import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { startLive } from './live.ts'
import type { BenchOptions } from './options.ts'
import { liveServices } from './shop.ts'
import { statsOf, type Stats } from './stats.ts'
import type { BenchWorld } from './world.ts'

const quietMs = 10_000

/** Resident memory of a bot's process in MB (10^6 bytes), looked at once a second. */
export async function measureMemory({ bot }: BenchWorld, { memory }: BenchOptions): Promise<Stats> {
  const values: number[] = []
  for (let sample = 0; sample < memory.samples; sample++) {
    values.push(await residentMb(bot.pid))
    await sleep(1000)
  }
  return statsOf(values)
}

/** The same with rollouts that stay live. */
export async function measureLiveMemory(world: BenchWorld, options: BenchOptions): Promise<Stats> {
  await startLive(world, [world.bot], liveServices(options.memory.rollouts))
  await sleep(quietMs)
  return measureMemory(world, options)
}

export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
  if (kib === undefined) throw new Error(`process ${pid} says nothing of its memory`)
  return (Number(kib) * 1024) / 1_000_000
}
