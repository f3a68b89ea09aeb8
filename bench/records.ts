import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Etcd3 } from 'etcd3'
import { createEtcdStore } from '../src/adapters/etcd/store.ts'
import { systemClock } from '../src/adapters/system/clock.ts'
import { createRolloutReader } from '../src/services/rollout-reader.ts'
import { keys } from '../src/store/keys.ts'
import type { Ground, OpenGround } from './ground.ts'
import type { BenchOptions } from './options.ts'
import { seedRollouts } from './seed.ts'
import { ann, benchConfig, copies, historyChannel, prefix, teamChannels, tier } from './shop.ts'
import { statsOf, type Stats } from './stats.ts'

const run = promisify(execFile)
/** The bot goes on looking at a fleet for so long after it was asked, and must not do so while fleetctl is measured. */
const quietMs = 6500
/** So long after its last look `status` reads all three lists again. */
const forgottenMs = 62_000
const answerMs = 60_000
/** Rows of a page, unless a person asks for more. */
export const pageRows = 10

export interface RecordsResult {
  readonly keys: number
  /** Milliseconds. */
  readonly rangeRead: Stats
  readonly page: Stats
  readonly listUnits: Stats
  readonly threeLists: Stats
  /** `status`, typed when there was no look at the fleet for more than a minute. */
  readonly firstStatus: Stats
  /** From the typing until the answer is in the channel, by command. */
  readonly typed: ReadonlyMap<string, Stats>
}

/** What is read from a long history and a large fleet, against the bare reads of the same. */
export async function measureRecords(open: OpenGround, options: BenchOptions): Promise<RecordsResult> {
  const { rollouts, services: many, instancesEach, rounds } = options.records
  const ground = await open({ timeScale: options.timeScale })
  try {
    const services = Array.from({ length: many }, (_, index) => copies(`svc-${index + 1}`, instancesEach))
    const [seeded] = await Promise.all([seedRollouts(ground.etcd, services, rollouts), ground.launch(services)])
    const { root, etcd, slack, fleetctl, fleet } = ground
    const given = { root, apiUrl: slack.apiUrl, etcd, fleetctl, endpoints: fleet.endpoints, services }
    const retention = { rollouts: rollouts * 2 }
    await ground.startBot('bot', benchConfig({ ...given, settleMs: options.settleMs, retention }))
    const commands = ['locks', 'history', `history svc-1 ${tier}`, 'status', `status svc-1 ${tier}`]
    const pages = await measurePages(etcd, rounds * 10)
    const listUnits: number[] = []
    const threeLists: number[] = []
    const typed = new Map(commands.map((command) => [command, [] as number[]]))
    let asked = 0
    const firstStatus: number[] = []
    for (const command of commands) await answered(ground, command, historyChannel)
    for (let round = 0; round < rounds; round++) {
      await sleep(quietMs)
      listUnits.push(await timed(() => list(ground, 'list-units')))
      threeLists.push(await timed(() => Promise.all(lists.map((verb) => list(ground, verb)))))
      for (const [command, values] of typed) {
        // Each look at the fleet is the first one: none is under way for an answer before.
        if (command === `status svc-1 ${tier}`) await sleep(quietMs)
        // Short channels: they are read whole to see the answer.
        values.push(await answered(ground, command, teamChannels[asked++ % teamChannels.length] ?? ''))
      }
    }
    for (let look = 0; look < options.records.firstLooks; look++) {
      await sleep(forgottenMs)
      firstStatus.push(await answered(ground, 'status', teamChannels[asked++ % teamChannels.length] ?? ''))
    }
    return {
      ...pages,
      keys: seeded,
      firstStatus: statsOf(firstStatus),
      listUnits: statsOf(listUnits),
      threeLists: statsOf(threeLists),
      typed: new Map([...typed].map(([command, values]) => [command, statsOf(values)])),
    }
  } finally {
    await ground.close()
  }
}

/** One bare range read of the newest rows, and the bot's own reader, in turn in this process. */
async function measurePages(etcd: string, rounds: number): Promise<Pick<RecordsResult, 'rangeRead' | 'page'>> {
  const bare = new Etcd3({ hosts: etcd })
  const store = createEtcdStore({ endpoints: [etcd], prefix, timeoutMs: 5000, clock: systemClock })
  try {
    const reader = createRolloutReader(store, [])
    const newest = { service: null, tier: null, limit: pageRows, before: null }
    const { rows } = await reader.history(newest)
    const last = Number(rows[0]?.id)
    const request = {
      key: Buffer.from(`${prefix}${keys.historyAll(last - pageRows + 1)}`),
      range_end: Buffer.from(`${prefix}${keys.historyAll(last + 1)}`),
      limit: pageRows,
    }
    const rangeRead: number[] = []
    const page: number[] = []
    for (let round = -10; round < rounds; round++) {
      const range = await timed(() => bare.kv.range(request).then(({ kvs }) => expectRows(kvs.length)))
      const read = await timed(() => reader.history(newest).then((one) => expectRows(one.rows.length)))
      // The first ones make connections and compile.
      if (round < 0) continue
      rangeRead.push(range)
      page.push(read)
    }
    return { rangeRead: statsOf(rangeRead), page: statsOf(page) }
  } finally {
    bare.close()
    await store.close()
  }
}

function expectRows(count: number): void {
  if (count !== pageRows) throw new Error(`a page of ${count} rows instead of ${pageRows}`)
}

const lists = ['list-machines', 'list-unit-files', 'list-units'] as const

async function list({ fleetctl, fleet }: Ground, verb: (typeof lists)[number]): Promise<void> {
  const words = [`--endpoint=${fleet.endpoints[0] ?? ''}`, verb, '--full', '--no-legend']
  await run(fleetctl, words, { env: { PATH: process.env['PATH'] }, maxBuffer: 64 * 1024 * 1024 })
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  await act()
  return performance.now() - begin
}

/** Milliseconds from the typing until the answer is in the channel, which is looked at over and over. */
async function answered({ slack }: Ground, command: string, inChannel: string): Promise<number> {
  const before = (await slack.messages(inChannel)).length
  const begin = performance.now()
  await slack.command(ann, inChannel, command)
  while ((await slack.messages(inChannel)).length === before) {
    if (performance.now() - begin > answerMs) throw new Error(`no answer to "${command}"`)
    await sleep(5)
  }
  return performance.now() - begin
}
