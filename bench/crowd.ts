import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bot } from '../demo/demo/bot.ts'
import { isOver } from '../src/domain/rollout.ts'
import { keys } from '../src/store/keys.ts'
import { waitFor, type Ground, type OpenGround } from './ground.ts'
import { follow, type Follower } from './follow.ts'
import { linesSeen, rootsSeen, undelivered } from './crowd-seen.ts'
import { residentMb } from './memory.ts'
import type { BenchOptions } from './options.ts'
import { ann, benchConfig, copies, teamChannels, tier } from './shop.ts'
import { busiestMinute, startSlackGate, type SlackGate } from './slack-gate.ts'
import { statsOf, type Stats } from './stats.ts'

export interface CrowdResult {
  /** The most that were live at once. */
  readonly live: number
  readonly seconds: number
  /** By method: calls in all, in the busiest minute, and those that were refused with 429. */
  readonly calls: ReadonlyMap<string, { readonly all: number; readonly busiest: number; readonly refused: number }>
  /** Posts into one channel, in its busiest minute. */
  readonly busiestChannel: number
  /** Seconds from an event until the message that carries it, for the newest event of each message. */
  readonly lines: Stats
  /** Seconds from a state of the rollout until its root message shows it, for each state that was shown. */
  readonly roots: Stats
  /** What is missing of the final states, in words; empty when nothing is. */
  readonly undelivered: readonly string[]
  /** Polls of the fleet a second, by the number of live rollouts. */
  readonly polls: readonly { readonly live: number; readonly perSecond: number }[]
  /** MB, with the most live. */
  readonly memory: number
}

const mostTries = 3

/** Many rollouts at once on one bot, asked for in the channels of ten teams, behind a gate with Slack's limits. */
export async function measureCrowd(open: OpenGround, options: BenchOptions): Promise<CrowdResult> {
  const ground = await open({ timeScale: options.timeScale })
  try {
    const store = ground.keep(await follow(ground.etcd))
    const gate = ground.keep(await startSlackGate(ground.slack.url))
    return await crowd(ground, gate, store, options)
  } finally {
    await ground.close()
  }
}

async function crowd(ground: Ground, gate: SlackGate, store: Follower, options: BenchOptions): Promise<CrowdResult> {
  const { rollouts, instances, settleMs, everyMs, polledAt, pollSeconds } = options.crowd
  const services = Array.from({ length: rollouts }, (_, index) => copies(`crowd-${index + 1}`, instances))
  await ground.launch(services)
  const { root, etcd, slack, fleetctl, fleet, journal } = ground
  const given = { root, apiUrl: gate.apiUrl, etcd, fleetctl, endpoints: fleet.endpoints, services, settleMs }
  const bot = await ground.startBot('bot', benchConfig({ ...given, engine: engineOf(rollouts, settleMs) }))
  const live = async (): Promise<number> => (await journal.rollouts()).filter((one) => !isOver(one)).length

  const begin = Date.now()
  const polls: CrowdResult['polls'][number][] = []
  let memory = 0
  for (const [index, { name }] of services.entries()) {
    const next = sleep(everyMs)
    const channel = teamChannels[index % teamChannels.length] ?? ''
    const started = (): boolean => count(store, keys.rollouts) > index
    // On a starved machine a fleet may not answer in time, and the bot then says so and starts nothing.
    for (let tries = 0; !started() && tries < mostTries; tries++) {
      await slack.command(ann, channel, `deploy ${name} ${tier}`)
      for (let looks = 0; !started() && looks < 100; looks++) await sleep(250)
    }
    if (!started()) throw new Error(`${name} did not start`)
    if (polledAt.includes(index + 1)) {
      polls.push(await pollsAt(ground, await live(), pollSeconds))
      memory = await residentMb(bot.pid)
    }
    await next
  }
  await allTold(ground, bot, store, rollouts)
  const seconds = (Date.now() - begin) / 1000

  const stories = await Promise.all(
    (await journal.rollouts()).map(async (rollout) => ({ rollout, events: await journal.events(rollout.id, 0) })),
  )
  const methods = [...new Set(gate.calls.map(({ method }) => method))].toSorted()
  return {
    live: Math.max(...polls.map((one) => one.live)),
    seconds,
    calls: new Map(
      methods.map((method) => {
        const mine = gate.calls.filter((call) => call.method === method)
        const busiest = busiestMinute(mine, () => true)
        return [method, { all: mine.length, busiest, refused: mine.filter(({ refused }) => refused).length }]
      }),
    ),
    busiestChannel: Math.max(
      ...[...new Set(gate.calls.map(({ channel }) => channel))].map((channel) =>
        busiestMinute(gate.calls, (call) => call.method === 'chat.postMessage' && call.channel === channel),
      ),
    ),
    lines: statsOf(linesSeen(stories, gate.shown)),
    roots: statsOf(rootsSeen(store.changes)),
    undelivered: await undelivered(stories, store.now, slack),
    polls,
    memory,
  }
}

/** As many at once as are asked for, each for longer than all others take to begin. */
const engineOf = (rolloutsAtOnce: number, settleMs: number): object => ({
  rolloutsAtOnce,
  rollout: { settle: `${settleMs}ms`, progressDeadline: '10m' },
})

/** How often the fleet's units were listed, by the fleet's own log. */
async function pollsAt({ fleet }: Ground, live: number, seconds: number): Promise<CrowdResult['polls'][number]> {
  const before = await listings(fleet.log)
  await sleep(seconds * 1000)
  return { live, perSecond: ((await listings(fleet.log)) - before) / seconds }
}

async function listings(log: string): Promise<number> {
  const text = await readFile(log, 'utf8')
  return text.split('\n').filter((line) => line.includes('"action":"call"') && line.includes('"verb":"list-units"'))
    .length
}

const count = (store: Follower, prefix: string): number =>
  [...store.now.keys()].filter((key) => key.startsWith(prefix)).length

/** A thread that is told to its end has no mark any more. */
async function allTold({ journal }: Ground, bot: Bot, store: Follower, all: number): Promise<void> {
  let state = ''
  const told = async (): Promise<boolean> => {
    const rollouts = await journal.rollouts()
    const failed = rollouts.find(({ phase }) => phase === 'failed' || phase === 'aborted')
    if (failed !== undefined) throw new Error(`rollout ${failed.id} ${failed.phase}: ${JSON.stringify(failed.ending)}`)
    const over = rollouts.filter(isOver).length
    const untold = count(store, keys.tellings)
    state = `${over} of ${all} rollouts ended, ${untold} are not told to their end`
    return over === all && untold === 0
  }
  await waitFor([bot], told, () => state, 1_200_000)
}
