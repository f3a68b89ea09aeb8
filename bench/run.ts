import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { readOrExit } from './read-or-exit.ts'
import { measureAlone } from './alone.ts'
import { measureCrowd } from './crowd.ts'
import { openGround, type Ground, type OpenGround } from './ground.ts'
import { loadText, machineText, versionsText } from './machine.ts'
import { readBenchOptions, type BenchOptions, type Part } from './options.ts'
import { measurePlans } from './plans.ts'
import { measurePromote } from './promote.ts'
import { measureRecords } from './records.ts'
import { reportText, type BenchResults } from './report.ts'
import { measureTakeover } from './takeover.ts'
import { benchUsage } from './usage.ts'
import { measureWrites } from './writes.ts'

/** `npm run bench -- [--quick] [--out file] [part…]`: measures, and writes the page of results. */

/** The project's folder: this runs as dist/bench/run.js. */
const root = fileURLToPath(new URL('../..', import.meta.url))

async function bench(options: BenchOptions): Promise<BenchResults> {
  const before = loadText()
  const begin = performance.now()
  const say = (text: string): void => {
    process.stderr.write(`${((performance.now() - begin) / 1000).toFixed(0)} s: ${text} …\n`)
  }
  const grounds: Ground[] = []
  const open: OpenGround = async (settings) => {
    const ground = await openGround(root, settings)
    grounds.push(ground)
    return ground
  }
  const interrupted = (): void => {
    void Promise.all(grounds.map((ground) => ground.close())).then(() => process.exit(130))
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupted)
  const measure = async <T>(part: Part, words: string, act: () => Promise<T>): Promise<T | null> => {
    if (!options.parts.includes(part)) return null
    say(words)
    return act()
  }
  return {
    ...(await measureAlone(open, options, say)),
    takeover: await measure('takeover', 'Takeover', () => measureTakeover(open, options)),
    crowd: await measure('crowd', 'Many rollouts at once', () => measureCrowd(open, options)),
    records: await measure('records', 'History and status', () => measureRecords(open, options)),
    writes: await measure('writes', 'Writes into etcd', () => measureWrites(open, options)),
    plans: await measure('plans', 'Plans of many services', () => measurePlans(open, options)),
    promote: await measure('promote', 'Promotes and restarts', () => measurePromote(open, options)),
    date: new Date().toISOString().slice(0, 10),
    machine: machineText(),
    versions: await versionsText(root),
    load: [before, loadText()],
    minutes: (performance.now() - begin) / 60_000,
  }
}

const options = readOrExit(process.argv.slice(2), benchUsage, readBenchOptions)
const results = await bench(options)
const file = path.resolve(root, options.out)
const style = (await resolveConfig(file)) ?? {}
const text = await format(reportText(results, options), { ...style, parser: 'markdown' })
writeFileSync(file, text)
process.stdout.write(`${text}\nWritten to ${file}\n`)
