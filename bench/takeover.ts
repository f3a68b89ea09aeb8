import { setTimeout as sleep } from 'node:timers/promises'
import type { Bot } from '../demo/demo/bot.ts'
import type { RolloutEvent } from '../src/domain/event.ts'
import { waitFor, type Ground, type OpenGround } from './ground.ts'
import { startLive } from './live.ts'
import type { BenchOptions } from './options.ts'
import { benchConfig, liveServices } from './shop.ts'
import { lineNumber, startSlackGate, type SlackGate } from './slack-gate.ts'
import { statsOf, type Stats } from './stats.ts'

type End = BenchOptions['takeover']['ends'][number]

export interface TakeoverResult extends End {
  /** Seconds from the signal until the journal says that another process drives: one value a rollout. */
  readonly driven: Stats
  /** Seconds from the signal until the thread says so. */
  readonly told: Stats
}

/** Two bots on one etcd: the one that drives is ended, the other goes on, and a new one comes up beside it. */
export async function measureTakeover(open: OpenGround, options: BenchOptions): Promise<TakeoverResult[]> {
  const results: TakeoverResult[] = []
  for (const end of options.takeover.ends) {
    const ground = await open({ timeScale: options.timeScale })
    try {
      const gate = ground.keep(await startSlackGate(ground.slack.url))
      results.push(await measureEnds(ground, gate, end, options))
    } finally {
      await ground.close()
    }
  }
  return results
}

async function measureEnds(ground: Ground, gate: SlackGate, end: End, options: BenchOptions): Promise<TakeoverResult> {
  const services = liveServices(options.takeover.rollouts)
  await ground.launch(services)
  const { root, etcd, fleetctl, fleet } = ground
  const config = benchConfig({
    root,
    apiUrl: gate.apiUrl,
    etcd,
    fleetctl,
    endpoints: fleet.endpoints,
    services,
    settleMs: options.settleMs,
    engine: { leaseTtl: `${end.leaseMs}ms` },
    // A call must end well within the lease.
    fleetctlLimits: { callTimeout: end.leaseMs < 10_000 ? '1s' : '3s' },
  })
  let lives = 0
  const start = (): Promise<Bot> => ground.startBot(`bot-${++lives}`, config)
  let bots: readonly Bot[] = await Promise.all([start(), start()])
  await startLive(ground, bots, services)

  const driven: number[] = []
  const told: number[] = []
  for (let time = 0; time < end.times; time++) {
    // Renewals come every third of the lease: each end falls at another moment between two of them.
    await sleep((Math.random() * end.leaseMs) / 3)
    const victim = await driving(ground, bots)
    const others = bots.filter((bot) => bot !== victim)
    const before = await positions(ground, victim)
    const at = Date.now()
    const gone = end.signal === 'SIGTERM' ? victim.stop() : Promise.resolve(process.kill(victim.pid, 'SIGKILL'))
    const seen = await takenUp(ground, gate, others, before)
    driven.push(...seen.map((one) => (one.driven - at) / 1000))
    told.push(...seen.map((one) => (one.told - at) / 1000))
    await gone
    bots = [...others, await start()]
  }
  return { ...end, driven: statsOf(driven), told: statsOf(told) }
}

/** The bot that drives most of the rollouts. */
async function driving({ journal }: Ground, bots: readonly Bot[]): Promise<Bot> {
  const drivers = (await journal.rollouts()).map(({ driver }) => driver)
  const most = bots
    .map((bot) => ({ bot, drives: drivers.filter((driver) => driver?.endsWith(`:${bot.pid}`)).length }))
    .toSorted((a, b) => b.drives - a.drives)[0]
  if (most === undefined || most.drives === 0) throw new Error('no bot drives anything')
  return most.bot
}

/** The rollouts of one driver, each with the number of its last event. */
async function positions({ journal }: Ground, driver: Bot): Promise<ReadonlyMap<number, number>> {
  const driven = (await journal.rollouts()).filter((one) => one.driver?.endsWith(`:${driver.pid}`))
  return new Map(driven.map(({ id, seq }) => [id, seq]))
}

/** When each is driven again, and when Slack took the line that says so: milliseconds since the epoch. */
async function takenUp(
  { journal }: Ground,
  gate: SlackGate,
  others: readonly Bot[],
  before: ReadonlyMap<number, number>,
): Promise<readonly { readonly driven: number; readonly told: number }[]> {
  const driven = new Map<number, RolloutEvent>()
  const told = new Map<number, number>()
  const all = async (): Promise<boolean> => {
    for (const [id, seq] of before) {
      const event = driven.get(id) ?? (await journal.events(id, seq)).find(({ fact }) => fact.kind === 'driven')
      if (event === undefined) continue
      driven.set(id, event)
      const line = gate.shown.find(({ key }) => lineNumber(key, id) >= event.seq)
      if (line !== undefined) told.set(id, line.at)
    }
    return told.size === before.size
  }
  const missing = (): string => `${driven.size} of ${before.size} are driven again, ${told.size} threads say so`
  await waitFor(others, all, missing, 120_000)
  return [...before.keys()].map((id) => ({ driven: driven.get(id)?.at ?? NaN, told: told.get(id) ?? NaN }))
}
