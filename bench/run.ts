import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { measureAck } from './ack.ts'
import { loadText, machineText, versionsText } from './machine.ts'
import { measureMemory, startLiveRollouts } from './memory.ts'
import { readBenchOptions, type BenchOptions } from './options.ts'
import { reportText, type BenchResults } from './report.ts'
import { measureRolls } from './roll.ts'
import { openBenchWorld } from './world.ts'

/** `npm run bench -- [--quick] [--out file] [ack] [roll] [memory]`: measures, and writes the page of results. */

/** The project's folder: this runs as dist/bench/run.js. */
const root = fileURLToPath(new URL('../..', import.meta.url))
const idleAfterMs = 10_000

async function bench(options: BenchOptions): Promise<BenchResults> {
  const say = (text: string): void => void process.stderr.write(`${text} …\n`)
  const wants = (part: BenchOptions['parts'][number]): boolean => options.parts.includes(part)
  const before = loadText()
  say('Starting etcd, two Slacks, a fleet and both bots')
  const world = await openBenchWorld(root, options)
  const interrupted = (): void => void world.close().then(() => process.exit(130))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupted)
  try {
    // First of all: what it takes before it did anything.
    if (wants('memory')) say('Memory, idle')
    const idle = wants('memory') ? await sleep(idleAfterMs).then(() => measureMemory(world, options)) : null
    if (wants('ack')) say('Commands and their acknowledgements')
    const ack = wants('ack') ? await measureAck(world, options) : null
    if (wants('roll')) say('Rolling, by hand and by the bot')
    const rolls = wants('roll') ? await measureRolls(world, options) : null
    if (wants('memory')) say('Memory, with live rollouts')
    const live = wants('memory')
      ? await startLiveRollouts(world, options).then(() => measureMemory(world, options))
      : null
    return {
      date: new Date().toISOString().slice(0, 10),
      machine: machineText(),
      versions: await versionsText(root, world.etcdVersion),
      load: [before, loadText()],
      ack,
      rolls,
      memory: idle === null || live === null ? null : { idle, live },
    }
  } finally {
    await world.close()
  }
}

const options = readBenchOptions(process.argv.slice(2))
const results = await bench(options)
const file = path.resolve(root, options.out)
const style = (await resolveConfig(file)) ?? {}
const text = await format(reportText(results, options), { ...style, parser: 'markdown' })
writeFileSync(file, text)
process.stdout.write(`${text}\nWritten to ${file}\n`)
