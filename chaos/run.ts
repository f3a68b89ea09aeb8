import { execFileSync } from 'node:child_process'
import { loadavg } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { grouped } from './checker/grouped.ts'
import { keepEvidence } from './keep.ts'
import { parseChaosOptions, type ChaosOptions } from './options.ts'
import { writeReport } from './report.ts'
import { playRound, type RoundResult } from './round.ts'
import { soak, soakHead, soakRetention, soakServices } from './soak.ts'
import { chaosServices } from './world/shop.ts'
import { openWorld, type ChaosWorld } from './world/world.ts'
import { findFaketime } from './world/wrong-clock.ts'

/** `npm run chaos -- --rounds N --seed S`: rounds of faults, each checked against the invariants. Ends with 1 when one broke. */

/** The project's folder: this file runs as dist/chaos/run.js. */
const root = fileURLToPath(new URL('../..', import.meta.url))
/** A world is kept for so many rounds, and then another kind of world is opened. */
const roundsInAWorld = 10

const say = (text: string): void => void process.stderr.write(`${text}\n`)

/** What kind of world a seed is played in, unless it is said. */
const worldOf = (seed: number, { members, replicas }: ChaosOptions): { members: 1 | 3; replicas: number } => ({
  members: members ?? (Math.floor(seed / roundsInAWorld) % 2 === 0 ? 1 : 3),
  replicas: replicas ?? (Math.floor(seed / roundsInAWorld) % 3 === 0 ? 2 : 3),
})

interface Played {
  readonly results: readonly RoundResult[]
  /** Rounds that came to no end, because the machine was too slow for the harness itself. */
  readonly unplayed: number
}

async function chaos(options: ChaosOptions): Promise<Played> {
  const results: RoundResult[] = []
  let unplayed = 0
  const faketime = await findFaketime(root, say)
  let world: ChaosWorld | null = null
  const interrupted = (): void => void (world?.close() ?? Promise.resolve()).then(() => process.exit(130))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupted)
  const closeWorld = async (): Promise<void> => {
    const open = world
    world = null
    await open?.close()
  }
  try {
    for (let index = 0; index < options.rounds; index++) {
      const seed = options.seed + index
      const kind = worldOf(seed, options)
      try {
        if (world === null || seed % roundsInAWorld === 0) {
          await closeWorld()
          say(`Opening a world: ${kind.replicas} replicas, ${kind.members === 1 ? 'one etcd' : 'an etcd of 3 members'}`)
          world = await openWorld({ root, ...kind, services: chaosServices, faketime })
        }
        const result = await playRound(world, seed)
        results.push(result)
        tell(result)
        const isBroken = result.wrong.length > 0
        if (isBroken || options.keep) say(`The evidence: ${await keepEvidence(world, result)}`)
        if (!isBroken) continue
      } catch (error) {
        unplayed += 1
        const [why] = (error instanceof Error ? error.message : String(error)).split('\n')
        say(`seed ${seed} was not played to its end: ${why}`)
      }
      say(`Again: npm run chaos -- --rounds 1 --seed ${seed} --members ${kind.members} --replicas ${kind.replicas}`)
      await closeWorld()
    }
  } finally {
    await closeWorld()
  }
  return { results, unplayed }
}

/** Null outside of a git checkout. */
function commitOf(folder: string): string | null {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: folder, encoding: 'utf8' }).trim()
  } catch {
    return null
  }
}

const loadNow = (): number => loadavg()[0] ?? 0

function tell({ seed, endedMs, ms, injected, phases, renewals, takeovers, wrong }: RoundResult): void {
  const ended = [...grouped(phases, (phase) => phase)].map(([phase, all]) => `${all.length} ${phase}`).join(', ')
  const verdict = wrong.length === 0 ? 'held' : 'BROKE'
  say(
    `seed ${seed} ${verdict} after ${Math.round(endedMs / 1000)} s (whole after ${Math.round(ms / 1000)} s): ${ended || 'no rollout'}; ${renewals} of another release; ${takeovers} taken up again; ${injected.length} faults`,
  )
  for (const { what, detail } of injected) say(`    ${what} (${detail})`)
  for (const message of wrong) say(`  ${message}`)
}

/** 20 targets, and faults for as long as it takes. True when nothing was lost. */
async function playSoak(rollouts: number, seed: number): Promise<boolean> {
  const services = soakServices(20)
  const retention = soakRetention
  const world = await openWorld({ root, members: 1, replicas: 2, services, retention, faketime: null })
  const interrupted = (): void => void world.close().then(() => process.exit(130))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupted)
  try {
    say(soakHead)
    const { phases, takeovers, faults, wrong } = await soak(world, { rollouts, seed }, say)
    const ended = [...grouped(phases, (phase) => phase)].map(([phase, all]) => `${all.length} ${phase}`).join(', ')
    say(`${phases.length} rollouts (${ended}), ${faults} faults, taken up again ${takeovers} times`)
    for (const message of wrong) say(message)
    return wrong.length === 0
  } finally {
    await world.close()
  }
}

/** As `run.mjs` starts it: the options as JSON, then the words that were typed. */
const [json = '', ...typed] = process.argv.slice(2)
const options = parseChaosOptions(json)
if (options.soak !== null) process.exit((await playSoak(options.soak, options.seed)) ? 0 : 1)
const loadBefore = loadNow()
const { results, unplayed } = await chaos(options)
const broken = results.filter(({ wrong }) => wrong.length > 0)
if (options.out !== null) {
  const date = new Date().toISOString().slice(0, 10)
  const load = [loadBefore, loadNow()] as const
  const file = path.resolve(root, options.out)
  writeReport(file, { words: typed.join(' '), date, commit: commitOf(root), load, results, unplayed })
}
say(`${results.length} rounds, ${broken.length} broken, ${unplayed} not played to their end`)
process.exitCode = broken.length === 0 && unplayed === 0 ? 0 : 1
