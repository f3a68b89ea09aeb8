import type { Config } from '../config/schema.ts'
import { deploysItself, isKnownBuild, type Build } from '../domain/build.ts'
import type { BuildArrived } from '../ports/builds.ts'
import type { ChatReader, ChatWriter, Message, Place } from '../ports/chat.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { RegistryReader } from '../ports/registry.ts'
import { StoreUnavailable, type StoreReader } from '../ports/store.ts'
import type { Arrivals, Opened, Receiving } from '../services/arrivals.ts'
import { readBuild } from '../services/build-labels.ts'
import { readBuilds, tierTags } from '../services/builds.ts'
import type { WorkSource } from '../services/claimed-work.ts'
import { Outage } from '../store/outage.ts'
import { buildMessage, deployCommand, pushMessage, type Offer } from './build-message.ts'
import { sayOnce } from './speaker.ts'

export interface BuildWorkParts {
  readonly config: Config
  readonly store: StoreReader
  readonly arrivals: Arrivals
  /** Null: there is none to ask. */
  readonly registry: RegistryReader | null
  readonly chat: ChatWriter & ChatReader
  readonly clock: Clock
  readonly log: Log
  /** Keeps a build that another one turned out to hold. */
  readonly take: (build: BuildArrived) => Promise<unknown>
  /** Whether a person's click may be expected to deploy there: the tier is not protected. */
  readonly isOpen: (tier: string) => boolean
  /** Runs the command as the builds themselves, with their rights. The same key is the same command. */
  readonly deploy: (command: string, place: Place, key: string) => Promise<Deployed>
}

/** How the command ended, and what it answered, escaped. */
interface Deployed {
  readonly outcome: 'done' | 'refused' | 'mistyped' | 'failed'
  readonly text: string
  readonly rollouts: readonly number[]
}

/** Builds that arrived and are not told to their end, as work to be claimed. */
export function buildWork(parts: BuildWorkParts): WorkSource<Receiving> {
  return {
    what: 'build',
    unclaimed: () => parts.arrivals.unclaimed(),
    claim: (id, lease) => parts.arrivals.claim(id, lease),
    work: (receiving, lease, stop) => tellBuild(receiving, parts, AbortSignal.any([lease.lost, stop])),
  }
}

/** In milliseconds. */
const turnWaitMs = 300
const awayWaitMs = 2000
const mostFailures = 5
/** The chat's clock and ours may differ by so much. */
const clocksApartMs = 300_000

async function tellBuild(receiving: Receiving, parts: BuildWorkParts, stop: AbortSignal): Promise<string> {
  const outage = new Outage(parts.log, { build: receiving.id }, 'a build')
  let teller: Teller | null = null
  while (!stop.aborted) {
    let waitMs = awayWaitMs
    try {
      teller ??= await openTeller(receiving, parts, stop)
      if (teller === null) return 'there is nothing to tell'
      const left = await teller.turn()
      outage.over()
      if (left === 'over') return 'told'
      waitMs = left
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      outage.failed(error)
      // Whether the last step was kept is unknown: read it again.
      teller = null
    }
    await parts.clock.sleep(waitMs, stop)
  }
  return 'handed over'
}

async function openTeller(receiving: Receiving, parts: BuildWorkParts, stop: AbortSignal): Promise<Teller | null> {
  const opened = await parts.arrivals.open(receiving.id)
  return opened === null ? null : new Teller(receiving, opened, parts, stop)
}

/** Tells one build, in turns: as many steps as can be taken now, each recorded before the next. */
class Teller {
  readonly #receiving: Receiving
  readonly #parts: BuildWorkParts
  readonly #stop: AbortSignal
  #opened: Opened
  #unread: string | null = null
  /** How often in a row the command did not get through. */
  #failures = 0

  constructor(receiving: Receiving, opened: Opened, parts: BuildWorkParts, stop: AbortSignal) {
    this.#receiving = receiving
    this.#opened = opened
    this.#parts = parts
    this.#stop = stop
  }

  /** How long to wait before the next turn, in milliseconds; `over` when there is none. */
  async turn(): Promise<number | 'over'> {
    const { arrivals } = this.#parts
    if (this.#opened.arrival.stage === 'new') {
      if (!(await arrivals.isNext(this.#opened.arrival))) return turnWaitMs
      const left = await this.#read()
      if (left !== null) return left
    }
    if (this.#opened.arrival.stage === 'read') {
      const left = await this.#say(buildMessage(this.#build, this.#more()))
      if (left !== null) return left
      await this.#save({ arrival: { ...this.#opened.arrival, stage: 'told', sending: null } })
    }
    for (const offer of this.#alone()) {
      const left = await this.#deploy(offer)
      if (left !== null) return left
    }
    await arrivals.close(this.#receiving)
    return 'over'
  }

  get #build(): Build {
    return this.#opened.build
  }

  async #save(change: Partial<Opened>): Promise<void> {
    const next = { ...this.#opened, ...change }
    await this.#parts.arrivals.save(this.#receiving, next)
    this.#opened = next
  }

  async #read(): Promise<number | 'over' | null> {
    const { config, registry, clock, store, log } = this.#parts
    const image = config.services[this.#build.service]?.image ?? this.#build.repository
    const read = await readBuild(this.#build, image, { registry, clock, signal: this.#stop })
    if (read.kind === 'away') {
      log.warn({ build: this.#build.id, reason: read.reason }, 'the registry does not say what was built')
      return awayWaitMs
    }
    const { build, others, unread } = read
    if (unread !== null)
      log.warn({ build: build.id, reason: unread }, 'a build is told without what its registry knows')
    // Before this one is kept: should this be cut short, they come twice, and are known the second time.
    if (others.length > 0) await this.#parts.take({ ...build, tags: [...others], digest: null, revision: null })
    const moved = new Set(tierTags(config).values())
    const { records } = await readBuilds(store, build.service)
    if (isKnownBuild(build, records, (tag) => moved.has(tag))) {
      log.info({ build: build.id, service: build.service }, 'this build was told before')
      await this.#parts.arrivals.forget(this.#receiving, build.service)
      return 'over'
    }
    this.#unread = unread
    await this.#save({ build, arrival: { ...this.#opened.arrival, stage: 'read' } })
    return null
  }

  /** Those that the configuration lets deploy it by themselves. */
  #alone(): readonly Offer[] {
    const { config } = this.#parts
    const ofTiers = tierTags(config)
    const wanted = config.services[this.#build.service]?.deployOnPush ?? []
    const tiers = wanted.filter((one) => deploysItself(this.#build, one, ofTiers)).map(({ tier }) => tier)
    return this.#offersOf([...new Set(tiers)])
  }

  #offersOf(tiers: readonly string[]): readonly Offer[] {
    const { config } = this.#parts
    const tags = { ofTiers: tierTags(config), registry: config.registry !== undefined, moving: config.movingTags }
    return tiers.flatMap((tier) => {
      const command = deployCommand(this.#build, tier, tags)
      return command === null ? [] : [{ tier, command }]
    })
  }

  #more() {
    const { config, isOpen } = this.#parts
    const alone = this.#alone().map(({ tier }) => tier)
    const tiers = config.services[this.#build.service]?.tiers ?? Object.keys(config.tiers)
    const offers = this.#offersOf(tiers.filter((tier) => isOpen(tier) && !alone.includes(tier))).slice(0, 5)
    return { offers, alone, unread: this.#unread }
  }

  /** What began needs no words: it has a thread. */
  async #deploy(offer: Offer): Promise<number | null> {
    const { arrival } = this.#opened
    if (arrival.settled.includes(offer.tier)) return null
    const place = { channel: this.#channels()[0] ?? '', thread: null }
    const answer = await this.#parts.deploy(offer.command, place, `build:${this.#build.id}:${offer.tier}`)
    this.#parts.log.info({ build: this.#build.id, ...offer, outcome: answer.outcome }, 'a build deploys by itself')
    // What could not be recorded was not done, and the same key does it once.
    if (answer.outcome === 'failed' && (this.#failures += 1) < mostFailures) return awayWaitMs
    this.#failures = 0
    if (answer.outcome !== 'done' || answer.rollouts.length === 0) {
      const left = await this.#say(pushMessage(this.#build, offer, answer.text))
      if (left !== null) return left
    }
    const settled = [...arrival.settled, offer.tier]
    await this.#save({ arrival: { ...this.#opened.arrival, settled, sending: null } })
    return null
  }

  #channels(): readonly string[] {
    const { config } = this.#parts
    const own = config.services[this.#build.service]?.channel
    return [...new Set([...(own === undefined ? [] : [own]), config.slack.historyChannel])]
  }

  /** Once, in the service's channel; where that is closed, where the team follows. How long to wait, or null when it is said. */
  async #say(message: Message): Promise<number | null> {
    const { chat, clock, log } = this.#parts
    const key = message.key ?? ''
    const before = this.#opened.arrival.sending
    const unsure = before?.key === key
    const sending = unsure ? before : { key, at: clock.now() }
    if (!unsure) await this.#save({ arrival: { ...this.#opened.arrival, sending } })
    if (this.#stop.aborted) return 1
    for (const channel of this.#channels()) {
      const from = { kind: 'time', ms: sending.at - clocksApartMs } as const
      const said = await sayOnce(chat, clock, log, {
        place: { channel, thread: null },
        message,
        from,
        unsure,
        urgent: false,
      })
      if (said.kind === 'said') return null
      if (said.kind === 'later') {
        if (said.sure) await this.#save({ arrival: { ...this.#opened.arrival, sending: null } })
        return Math.max(1, said.waitMs)
      }
      log.warn({ build: this.#build.id, channel, reason: said.reason }, 'a build could not be told there')
    }
    log.error({ build: this.#build.id }, 'nowhere to tell a build')
    return null
  }
}
