import { z } from 'zod'
import type { Bot } from '../demo/demo/bot.ts'
import { follow, type Follower } from './follow.ts'
import { waitFor, type Ground, type OpenGround } from './ground.ts'
import type { BenchOptions } from './options.ts'
import { ann, benchConfig, channel, serviceOf, tier } from './shop.ts'

export interface WritesResult {
  readonly instances: number
  readonly atOnce: number
  /** etcd's revisions (one a transaction) from before the command until the thread was told to its end. */
  readonly revisions: number
  /** Keys that changed, by the first word of the key; leases' keys, and what was deleted, too. */
  readonly keys: ReadonlyMap<string, number>
}

/** Counts what one rollout writes into etcd, all of it: the engine, the narrator, the audit, the command's own marks. */
export async function measureWrites(open: OpenGround, options: BenchOptions): Promise<WritesResult[]> {
  const ground = await open({ timeScale: options.timeScale })
  try {
    const store = ground.keep(await follow(ground.etcd))
    const services = [serviceOf(3), serviceOf(30)]
    await ground.launch(services)
    const { root, etcd, slack, fleetctl, fleet } = ground
    const given = { root, apiUrl: slack.apiUrl, etcd, fleetctl, endpoints: fleet.endpoints, services }
    const bot = await ground.startBot('bot', benchConfig({ ...given, settleMs: options.settleMs }))
    const results: WritesResult[] = []
    for (const { instances, atOnce } of options.rolls) {
      const before = await revisionOf(etcd)
      const begun = store.changes.length
      await rolled(ground, bot, `deploy ${serviceOf(instances).name} ${tier} --batch ${atOnce}`)
      const revisions = (await revisionOf(etcd)) - before
      results.push({ instances, atOnce, revisions, keys: await keysIn(store, begun, before + revisions) })
    }
    return results
  } finally {
    await ground.close()
  }
}

async function rolled({ slack, journal }: Ground, bot: Bot, command: string): Promise<void> {
  const before = (await journal.rollouts()).at(-1)?.id ?? 0
  await slack.command(ann, channel, command)
  const told = async (): Promise<boolean> => {
    const rollout = (await journal.rollouts()).find(({ id }) => id > before)
    if (rollout === undefined || rollout.endedAt === null) return false
    if (rollout.phase !== 'succeeded') throw new Error(`rollout ${rollout.id} ${rollout.phase}`)
    return journal.told(rollout)
  }
  await waitFor([bot], told, () => `"${command}" was not told to its end`)
}

/** What follows etcd is a moment behind. */
async function keysIn(store: Follower, from: number, until: number): Promise<ReadonlyMap<string, number>> {
  const caughtUp = async (): Promise<boolean> => (store.changes.at(-1)?.revision ?? 0) >= until
  await waitFor([], caughtUp, () => 'the changes in etcd were not seen')
  const counts = new Map<string, number>()
  for (const { key, revision } of store.changes.slice(from)) {
    if (revision > until) continue
    const family = key.split('/')[0] ?? key
    counts.set(family, (counts.get(family) ?? 0) + 1)
  }
  return counts
}

const header = z.object({ header: z.object({ revision: z.string() }) })

/** The newest revision of all of etcd. */
async function revisionOf(etcd: string): Promise<number> {
  const body = JSON.stringify({ key: Buffer.from('none').toString('base64') })
  const answer = await fetch(`${etcd}/v3/kv/range`, { method: 'POST', body, signal: AbortSignal.timeout(5000) })
  return Number(header.parse(await answer.json()).header.revision)
}
