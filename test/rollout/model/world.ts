import type { Plan, PlanAsk, Planned } from '../../../src/domain/plan.ts'
import type { Release } from '../../../src/domain/release.ts'
import { isOver } from '../../../src/domain/rollout.ts'
import type { HealthGate, HealthProbe } from '../../../src/ports/health.ts'
import type { StoreReader, StoreWriter } from '../../../src/ports/store.ts'
import { createRollout } from '../../../src/rollout/create.ts'
import { defaultPatience } from '../../../src/rollout/observation.ts'
import type { Claiming } from '../../../src/services/claimed-work.ts'
import { createWantedReleases } from '../../../src/services/wanted-releases.ts'
import { keys } from '../../../src/store/keys.ts'
import { currentRecord } from '../../../src/store/records.ts'
import { randomFrom } from '../../journeys/support/random.ts'
import { gate as unnamed, migrate } from '../world.ts'
import { askedFor, planOf } from '../../support/rollouts.ts'
import { createClient, type Link } from './client.ts'
import type { Engine } from './engine.ts'
import { ModelEtcd } from './etcd.ts'
import { ModelFleet, type ModelUnit, type Verb } from './fleet.ts'
import { createFleetctl, type Manner } from './fleetctl.ts'
import { confirm } from './people.ts'
import { planFrom } from './plans.ts'
import { createPreparations, type PreparationManner } from './preparations.ts'
import { ModelProcess } from './process.ts'
import { createRegistryClient, ModelRegistry, moveTimeoutMs, releaseOf, wantedAt, type PushPoint } from './registry.ts'
import { Timeline } from './timeline.ts'
import { Witness } from './witness.ts'

interface ReleaseShape {
  /** A failed rollout takes itself back. */
  readonly takesBack: boolean
  /** Instances of this release are never well: a digest. */
  readonly bad: string | null
}

export interface Shape {
  readonly bots: number
  readonly instances: number
  readonly atOnce: number
  readonly sidekicks: boolean
  readonly gated: boolean
  /** All instances are of one batch, whatever may be away at once. */
  readonly oneBatch: boolean
  /** What is known of releases; null for nothing: whatever is deployed is a restart. */
  readonly releases: ReleaseShape | null
  /** Of all latencies and lags. */
  readonly seed: number
  /** How deploys are prepared at first, before anything is changed; null: they are not. */
  readonly prepared: PreparationManner | null
}

/** A moment in the life of a process, at which something may happen to it. */
export type Point = 'commit-sent' | 'commit-applied' | 'call-began' | 'call-landed' | PushPoint

interface Ambush {
  readonly point: Point
  /** The first such moment is number 0. */
  passes: number
  readonly deed: (bot: Bot) => void
}

/** One of several processes of the bot; it is started again as another one. */
export interface Bot {
  readonly name: string
  readonly link: Link
  process: ModelProcess
  claiming: Claiming | null
  lives: number
}

const target = { service: 'api', tier: 'production' }
/** Its answer names the process. */
const gate: HealthGate = { ...unnamed, identity: 'started' }
const leaseTtlMs = 10_000
/** Shorter than the bot's own, so that the stories are short; what is measured of fleet is longer than the model's lags. */
const patience = { ...defaultPatience, graceMs: 10_000, goneMs: 15_000, silenceMs: 4000 }

/** Several bots with the real journal, queue, driver and decisions, on models of etcd and of fleet under one time. */
export class ModelWorld {
  readonly timeline = new Timeline()
  readonly etcd = new ModelEtcd(this.timeline)
  readonly registry = new ModelRegistry(this.timeline)
  readonly fleet: ModelFleet
  readonly bots: readonly Bot[]
  readonly manners: Record<Verb, Manner> = { start: 'well', stop: 'well', destroy: 'well' }
  prepares: PreparationManner
  readonly witness: Witness
  /** What happened, for whoever looks for the reason of a failure. */
  readonly story: string[] = []
  calls = 0
  deploys = 0
  /** Words of people so far. */
  said = 0
  readonly #engine: Engine
  readonly #shape: Shape
  readonly #random: () => number
  #ambushes: Ambush[] = []
  /** For the next instances that pass their gate. */
  readonly #fates: ((unit: ModelUnit) => void)[] = []
  readonly #own: StoreReader & StoreWriter

  constructor(engine: Engine, shape: Shape) {
    this.#engine = engine
    this.#shape = shape
    this.#random = randomFrom(shape.seed)
    this.prepares = shape.prepared ?? 'well'
    const { batches } = this.#plan(null)
    const names = batches.flat().flatMap((one) => [one.unit, ...one.sidekicks])
    this.fleet = new ModelFleet(this.timeline, this.#random, names, () => this.registry.pull())
    this.witness = new Witness(this, () => this.timeline.now)
    this.witness.onProven = (unit) => this.#fates.shift()?.(this.fleet.unit(unit))
    this.#own = storeOf(this.etcd)
    if (shape.releases !== null) {
      const current = { id: 1, at: 1, by: { id: 'U1', name: 'ann' }, release: releaseOf('v1') }
      this.etcd.commit({ require: [], puts: [{ key: keys.current(target), value: currentRecord.write(current) }] }, '')
    }
    this.bots = Array.from({ length: shape.bots }, (_, index) => this.#bot(`bot${index + 1}`))
  }

  tell(what: string): void {
    this.story.push(`${String(Math.round(this.timeline.now)).padStart(7)} ${what}`)
  }

  /** Somebody deploys, where there is anything. It waits in the queue while another one rolls. */
  async deploy(how: { readonly units?: true } = {}): Promise<void> {
    const release = this.#shape.releases === null ? null : releaseOf(this.deploys % 2 === 0 ? 'v2' : 'v3')
    this.deploys += 1
    await this.#ask({ ...noAsk, kind: 'deploy', ...how, ...(release === null ? {} : { release }) })
  }

  /** Somebody wants so many instances. */
  scale(to: number): Promise<void> {
    return this.#ask({ ...noAsk, kind: 'scale', to })
  }

  async #ask(ask: PlanAsk): Promise<void> {
    const { kind, to, units, release } = ask
    const said = [kind, to ?? [], units === true ? '--units' : [], release?.tag ?? []].flat().join(' ')
    const planned = this.#planned(ask)
    if (planned.kind === 'impossible') {
      this.tell(`${said}: ${planned.message}`)
      return
    }
    const clock = { now: () => 1, ...noTime }
    const created = await createRollout(this.#own, clock, askedFor(planned.plan, { ask }), limits)
    this.tell(`${said}: ${created.kind}`)
  }

  start(bot: Bot): void {
    if (bot.claiming !== null && bot.process.state !== 'dead') return
    // One that still hands over has no more time for it.
    bot.process.kill()
    bot.lives += 1
    const process = new ModelProcess(`${bot.name}.${bot.lives}`, this.timeline)
    bot.process = process
    bot.claiming = this.#begin(bot, process)
  }

  kill(bot: Bot): void {
    this.tell(`${bot.process.name} is killed`)
    bot.process.kill()
  }

  freeze(bot: Bot): void {
    this.tell(`${bot.process.name} is stopped`)
    bot.process.freeze()
  }

  /** SIGTERM: it hands over, and ends. */
  drain(bot: Bot): void {
    const { process, claiming } = bot
    bot.claiming = null
    void claiming?.stop(5000).then(() => process.kill())
  }

  /** At the `passes`-th such moment of any bot from now on. */
  ambush(point: Point, passes: number, deed: (bot: Bot) => void): void {
    this.#ambushes.push({ point, passes, deed })
  }

  /** So long after the next instance has passed its gate, this happens to it. */
  afterProof(ms: number, what: string, run: (unit: ModelUnit) => void): void {
    this.#fates.push((unit) =>
      this.timeline.after(ms, () => {
        this.tell(`-- ${unit.name} ${what}`)
        run(unit)
      }),
    )
  }

  /** Whatever is wrong is mended, and nothing stands in the way of an end. */
  makeWell(): void {
    this.#ambushes = []
    this.#fates.length = 0
    this.witness.releases.wellSince = this.timeline.now
    this.etcd.away = false
    Object.assign(this.manners, { start: 'well', stop: 'well', destroy: 'well' })
    this.prepares = 'well'
    this.fleet.silent = false
    this.registry.manner = 'well'
    for (const unit of this.fleet.units.values()) {
      this.witness.well(unit)
      Object.assign(unit, { healthy: true, falls: 0, hidden: false, stray: null })
      if (unit.frozen) this.fleet.thaw(unit)
    }
    for (const bot of this.bots) {
      bot.link.state = 'well'
      bot.process.thaw(false)
      this.start(bot)
    }
  }

  /** Until every rollout is over, or for half an hour. */
  async toTheEnd(): Promise<void> {
    const until = this.timeline.now + 1_800_000
    const done = (): boolean => this.witness.wrong.length > 0 || this.witness.rollouts().every(isOver)
    while (!done() && this.timeline.now < until) {
      confirm(this)
      await this.timeline.pass(1000)
    }
    await this.timeline.pass(12_000)
    const before = this.calls
    await this.timeline.pass(6000)
    if (this.calls > before) this.witness.wrong.push('calls were made after every rollout was over')
    this.witness.atTheEnd()
  }

  /** Ends all that runs in it. */
  close(): void {
    for (const { process } of this.bots) process.kill()
  }

  #bot(name: string): Bot {
    const bot: Bot = {
      name,
      link: { state: 'well' },
      process: new ModelProcess(`${name}.0`, this.timeline),
      claiming: null,
      lives: 0,
    }
    this.start(bot)
    return bot
  }

  #begin(bot: Bot, process: ModelProcess): Claiming {
    const engine = this.#engine
    const { timeline, etcd, fleet, manners } = this
    const hit = (point: Point): void => this.#hit(point, bot, process)
    const store = createClient({
      timeline,
      etcd,
      process,
      link: bot.link,
      random: this.#random,
      unavailable: (message, refused) => new engine.StoreUnavailable(message, refused === null ? {} : { refused }),
      passed: (point, puts) => (puts.some((key) => key.startsWith('rollouts/')) ? hit(point) : undefined),
    })
    const { calls } = this.witness
    const scheduler = createFleetctl({
      timeline,
      process,
      fleet,
      manners,
      random: this.#random,
      told: {
        began: (call) => {
          this.calls += 1
          this.tell(`${process.name} calls ${call.verb} ${call.unit}`)
          calls.began(call)
          hit('call-began')
        },
        landed: (call, waited) => {
          this.tell(`fleet hears ${call.verb} ${call.unit} by ${process.name}`)
          calls.landed(call, waited)
          hit('call-landed')
        },
        over: calls.over,
      },
    })
    const registry = createRegistryClient({
      timeline,
      registry: this.registry,
      process,
      random: this.#random,
      passed: (point) => {
        this.tell(`${process.name}: ${point}`)
        if (point === 'push-sent') this.witness.pushes(process.name)
        hit(point)
      },
    })
    const reading = { ...store, watch: () => never() }
    const log = { debug: noted, info: noted, warn: noted, error: this.#failed(process) }
    const journal = engine.createJournal(reading, process)
    const source = engine.rolloutWork({
      store: reading,
      journal,
      clock: process,
      log,
      schedulerOf: () => scheduler,
      stuckMsOf: () => 20_000,
      driver: process.name,
      probe: this.#probe(),
      announcedPort: async () => ({ kind: 'not-announced' }),
      wanted: createWantedReleases({ registry, store: reading, limitMs: moveTimeoutMs, clock: process }),
      aboutDigest: async () => null,
      preparations: createPreparations({
        timeline,
        process,
        random: this.#random,
        manner: () => this.prepares,
        told: this.witness.preparations,
      }),
      patience,
      redact: (text) => text,
      observeMs: 5000,
      wishNews: (_, ms, signal) => process.sleep(Math.min(ms, 1500), signal),
      line: engine.createLineReader(reading, process),
      limits,
      admission: {
        plan: async ({ waiting, plan }) => {
          const planned = this.#planned(waiting?.ask ?? askOf(plan))
          return planned.kind === 'plan'
            ? { ...planned, blockers: [] }
            : { kind: 'impossible', why: planned.satisfied === true ? 'pointless' : 'gone', reason: planned.message }
        },
        allow: async () => ({ kind: 'allowed', audit: 1 }),
      },
    })
    return engine.claimWork(source, { leases: store, clock: process, log, ttlMs: leaseTtlMs, lookMs: 1000 })
  }

  /** What a bot says of itself as an error is one: nothing in these stories is beyond it. */
  #failed(process: ModelProcess) {
    return ({ err }: Readonly<Record<string, unknown>>, message: string): void => {
      this.witness.wrong.push(`${process.name} says: ${message} ${err instanceof Error ? err.message : ''}`)
    }
  }

  #hit(point: Point, bot: Bot, process: ModelProcess): void {
    if (bot.process !== process) return
    const found = this.#ambushes.find((one) => one.point === point && one.passes-- === 0)
    if (found === undefined) return
    this.tell(`at ${point}:`)
    found.deed(bot)
  }

  #probe(): HealthProbe {
    return {
      check: async (_, { ip }) => {
        const unit = this.fleet.unit(ip)
        return this.isWell(unit) && unit.state === 'running'
          ? { kind: 'healthy', identity: String(unit.life), says: unit.runs }
          : { kind: 'unhealthy', reason: 'HTTP 503' }
      },
    }
  }

  /** Of a unit whose process runs. */
  isWell({ healthy, runs }: ModelUnit): boolean {
    return healthy && (runs === null || runs !== this.#shape.releases?.bad)
  }

  /** What that would do now: a plain deploy as this story has it, and the rest as the planner says it. */
  #planned(ask: PlanAsk): Planned {
    const { sidekicks, atOnce, gated } = this.#shape
    if (ask.kind !== 'scale' && ask.units !== true) {
      const plan = this.#plan(ask.release ?? null)
      if (plan.batches.flat().length > 0) return { kind: 'plan', plan, blockers: [] }
      return { kind: 'impossible', message: 'there is nothing', transient: false }
    }
    const { release = null, rollback = null, gate: asks } = this.#known(ask.release ?? releaseOf('v1'))
    return planFrom(this.#engine, {
      ask,
      fleet: this.fleet,
      isWell: (unit) => this.isWell(unit),
      sidekicks,
      atOnce,
      gate: asks ?? (gated ? gate : { kind: 'none' }),
      rollouts: this.witness.rollouts(),
      ...(ask.kind === 'scale' ? {} : { release, rollback, preparation: this.#preparation }),
    })
  }

  #plan(release: Release | null): Plan {
    const { instances, atOnce, sidekicks, gated, oneBatch } = this.#shape
    const first = Array.from({ length: instances }, (_, index) => `api@${index + 1}.service`)
    const units = this.fleet === undefined ? first : this.fleet.instances.map(({ name }) => name).toSorted()
    const made = planOf({ units, atOnce, sidekicks: sidekicks ? ['api-elb@.service'] : [], settleMs: 1000 })
    const planned = made.batches.flat().map((one) => ({
      ...one,
      machine: { id: `m-${one.unit}`, ip: one.unit },
      stopped: this.fleet?.unit(one.unit).wanted === 'loaded',
      runs: release === null ? null : this.fleet.unit(one.unit).runs,
    }))
    const batches = oneBatch
      ? [planned]
      : made.batches.map((batch) => planned.filter(({ unit }) => batch.some((one) => one.unit === unit)))
    const known = release === null ? {} : this.#known(release)
    const preparation = this.#preparation
    return {
      ...made,
      ...target,
      batches,
      progressDeadlineMs: 45_000,
      ...(gated ? { gate } : {}),
      ...known,
      preparation,
    }
  }

  get #preparation(): Plan['preparation'] {
    return this.#shape.prepared === null ? null : migrate
  }

  /** What is known of releases where anything is. */
  #known(to: Release): Partial<Pick<Plan, 'gate' | 'release' | 'rollback'>> {
    return this.#shape.releases === null ? {} : this.#releases(to)
  }

  /** As a planner says it: from what is wanted by now, back to what was last rolled out well. */
  #releases(to: Release): Pick<Plan, 'gate' | 'release' | 'rollback'> {
    const entry = this.etcd.get(keys.current(target))
    const current = entry === null ? null : currentRecord.read(entry)
    const back = current?.release ?? null
    const proof = { by: 'health', field: 'digest' } as const
    const takesBack = this.#shape.releases?.takesBack === true && back !== null && back.digest !== to.digest
    return {
      gate: { kind: 'http', port: 8080, path: '/health', timeoutMs: 1000, identity: 'started', says: 'digest' },
      release: { at: wantedAt, from: this.registry.tag, to, proof },
      rollback: takesBack ? { to: back, id: current?.id ?? 1, afterMs: 5000 } : null,
    }
  }
}

const limits = { atOnce: () => null, length: 2, afterFailure: 'ask' as const }
const noAsk = { batch: null, canary: null, only: null }
const askOf = ({ kind }: Plan): PlanAsk => ({ ...noAsk, kind })
const noTime = { monotonic: () => 0, sleep: async () => undefined }
const noted = (): void => undefined

async function* never(): AsyncGenerator<never> {
  yield await new Promise<never>(() => undefined)
}

/** For what people do: at once, and never in vain. */
function storeOf(etcd: ModelEtcd): StoreReader & StoreWriter {
  return {
    get: async (key) => etcd.get(key),
    range: async (prefix, options) => etcd.range(prefix, options),
    watch: () => never(),
    async commit(transaction) {
      const result = etcd.commit(transaction, 'people')
      if (result.kind === 'lease-gone') throw new Error('people hold no leases')
      return result
    },
  }
}
