import { setTimeout as sleep } from 'node:timers/promises'
import { measureAck } from './ack.ts'
import type { OpenGround } from './ground.ts'
import { measureLiveMemory, measureMemory } from './memory.ts'
import type { BenchOptions, Part } from './options.ts'
import type { BenchResults } from './report.ts'
import { measureRolls } from './roll.ts'
import { openBenchWorld } from './world.ts'

const idleAfterMs = 10_000

/** What is measured on one bot in one shop, one part after the other. */
export async function measureAlone(
  open: OpenGround,
  options: BenchOptions,
  say: (text: string) => void,
): Promise<Pick<BenchResults, 'ack' | 'rolls' | 'memory'>> {
  const wants = (part: Part): boolean => options.parts.includes(part)
  if (!wants('ack') && !wants('roll') && !wants('memory')) return { ack: null, rolls: null, memory: null }
  say('Starting etcd, two Slacks, a fleet and both bots')
  const world = await openBenchWorld(open, options)
  try {
    // First of all: what it takes before it did anything.
    if (wants('memory')) say('Memory, idle')
    const idle = wants('memory') ? await sleep(idleAfterMs).then(() => measureMemory(world, options)) : null
    if (wants('ack')) say('Commands and their acknowledgements')
    const ack = wants('ack') ? await measureAck(world, options) : null
    if (wants('roll')) say('Rolling, by hand and by the bot')
    const rolls = wants('roll') ? await measureRolls(world, options) : null
    if (wants('memory')) say('Memory, with live rollouts')
    const live = wants('memory') ? await measureLiveMemory(world, options) : null
    return { ack, rolls, memory: idle === null || live === null ? null : { idle, live } }
  } finally {
    await world.close()
  }
}
