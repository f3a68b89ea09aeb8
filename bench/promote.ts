import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import type { Bot } from '../demo/demo/bot.ts'
import { createJournalReader, type Journal } from '../demo/demo/journal.ts'
import { startRegistry } from '../demo/registry/start.ts'
import { shopConfigText } from '../demo/shop/config.ts'
import { createEtcdHttp } from '../demo/shop/etcd-http.ts'
import { startShop } from '../demo/shop/start.ts'
import type { LocalSlack } from '../demo/slack/start.ts'
import type { OpenGround } from './ground.ts'
import type { BenchOptions } from './options.ts'
import { countRegistry, type RegistryCount } from './registry-count.ts'
import { ann, channel, historyChannel, prefix } from './shop.ts'
import { statsOf, type Stats } from './stats.ts'

/** Three instances in production, two in staging, each of which pulls its image and says at its health path what it runs. */
const service = 'bartnet'
const limitMs = 600_000
const plainPrefix = '/opsee.co/deploy/plain/'
const entries = z.record(z.string(), z.unknown())

/** Three instances, one at a time, from the words typed in Slack until the rollout's end in etcd. */
export interface RolledKind {
  /** Seconds. */
  readonly all: Stats
  /** Seconds until the rollout was accepted: rights, and the plan. */
  readonly accepted: Stats
  /** Seconds from then until the units' tag names the release; null where nothing is known of releases. */
  readonly moved: Stats | null
  /** Of one rollout, at the most: requests of the bot to the registry, and events in the journal. */
  readonly requests: number
  readonly events: number
}

export interface PromoteResult {
  /** A restart by a bot that knows nothing of images, one by a bot that does, and a promote. */
  readonly plain: RolledKind
  readonly restart: RolledKind
  readonly promote: RolledKind
}

interface Teller {
  readonly slack: LocalSlack
  readonly bot: Bot
  readonly journal: Journal
}

/** Rolls the same instances of the demo's shop in each way, in turn. */
export async function measurePromote(open: OpenGround, options: BenchOptions): Promise<PromoteResult> {
  const ground = await open({ timeScale: options.timeScale })
  try {
    const { root, dir, etcd, slack, fleetctl } = ground
    const registry = ground.keep(await startRegistry())
    const counted = ground.keep(await countRegistry(registry.url))
    const shop = await startShop({
      root,
      dir,
      etcd,
      fleetctl,
      registry: registry.url,
      timeScale: options.timeScale,
      started: (_, fleet) => void ground.keep(fleet),
    })
    const endpointsOf = (tier: 'staging' | 'production') => shop.fleets.get(tier)?.endpoints ?? []
    const text = (slackApiUrl: string): string => {
      const shopText = shopConfigText(root, {
        slackApiUrl,
        historyChannel,
        etcd,
        fleetctl,
        registry: counted.url,
        policy: path.join(root, 'policy.cedar'),
        fleets: { staging: endpointsOf('staging'), production: endpointsOf('production') },
        users: { ann, bob: 'U0BOB', carol: 'U0CAROL' },
      })
      // A look for drift asks the registry for every target, in the middle of whichever rollout.
      return stringify({ ...entries.parse(parse(shopText)), drift: { every: '0s' } })
    }
    const plainSlack = await ground.startSlack()
    const bot = await ground.startBot('bot', text(slack.apiUrl))
    const plainBot = await ground.startBot('plain', withoutImages(text(plainSlack.apiUrl)), plainSlack)
    const journalAt = (below: string): Journal => createJournalReader(createEtcdHttp(etcd), below)
    const knowing: Teller = { slack, bot, journal: journalAt(prefix) }
    const plain: Teller = { slack: plainSlack, bot: plainBot, journal: journalAt(plainPrefix) }
    return await inTurn(knowing, plain, counted, options.promote.rounds)
  } finally {
    await ground.close()
  }
}

async function inTurn(knowing: Teller, plain: Teller, counted: RegistryCount, rounds: number): Promise<PromoteResult> {
  const found = { plain: [] as Rolled[], restart: [] as Rolled[], promote: [] as Rolled[] }
  for (let round = 0; round < rounds; round += 1) {
    // It must run and be good in staging before it can go on.
    await rolled(knowing, counted, `deploy ${service} staging ${round % 2 === 0 ? 'v2' : 'v1'}`)
    found.plain.push(await rolled(plain, counted, `restart ${service} production`))
    found.restart.push(await rolled(knowing, counted, `restart ${service} production`))
    found.promote.push(await rolled(knowing, counted, `promote ${service} staging production`))
  }
  return { plain: kindOf(found.plain), restart: kindOf(found.restart), promote: kindOf(found.promote) }
}

/** The same shop for a bot that knows no image: it keeps its records elsewhere. */
function withoutImages(text: string): string {
  const { registry: _, ...config } = entries.parse(parse(text))
  const services = Object.entries(entries.parse(config['services'])).map(([name, service]) => {
    const { image: _image, verify: _verify, rollout: _rollout, ...rest } = entries.parse(service)
    return [name, rest]
  })
  const etcd = { ...entries.parse(config['etcd']), prefix: plainPrefix }
  return stringify({ ...config, etcd, services: Object.fromEntries(services) })
}

interface Rolled {
  readonly all: number
  readonly accepted: number
  readonly moved: number | null
  readonly requests: number
  readonly events: number
}

async function rolled({ slack, bot, journal }: Teller, counted: RegistryCount, command: string): Promise<Rolled> {
  const before = (await journal.rollouts()).at(-1)?.id ?? 0
  const asked = counted.requests()
  const begin = Date.now()
  await slack.command(ann, channel, command)
  while (Date.now() < begin + limitMs) {
    await sleep(250)
    const gone = bot.ended()
    if (gone !== null) throw new Error(gone)
    const rollout = (await journal.rollouts()).find(({ id }) => id > before)
    if (rollout === undefined || rollout.endedAt === null) continue
    if (rollout.phase !== 'succeeded') throw new Error(`"${command}" ${rollout.phase}`)
    const requests = counted.requests() - asked
    const events = await journal.events(rollout.id, 0)
    const moved = events.find(({ fact }) => fact.kind === 'release-moved')
    return {
      all: (rollout.endedAt - begin) / 1000,
      accepted: (rollout.createdAt - begin) / 1000,
      moved: moved === undefined ? null : (moved.at - rollout.createdAt) / 1000,
      requests,
      events: events.length,
    }
  }
  const said = (await slack.messages(channel)).at(-1)?.text ?? 'nothing'
  throw new Error(`"${command}" did not end within ${limitMs / 1000} s; said was: ${said}`)
}

function kindOf(rolls: readonly Rolled[]): RolledKind {
  const moved = rolls.flatMap((one) => one.moved ?? [])
  return {
    all: statsOf(rolls.map((one) => one.all)),
    accepted: statsOf(rolls.map((one) => one.accepted)),
    moved: moved.length === 0 ? null : statsOf(moved),
    requests: Math.max(...rolls.map((one) => one.requests)),
    events: Math.max(...rolls.map((one) => one.events)),
  }
}
