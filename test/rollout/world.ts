import type { Fact } from '../../src/domain/event.ts'
import { isOver, type Rollout } from '../../src/domain/rollout.ts'
import type { Plan } from '../../src/domain/plan.ts'
import { isPreparing } from '../../src/domain/preparation.ts'
import { templateOf } from '../../src/domain/unit-name.ts'
import type { HealthGate } from '../../src/ports/health.ts'
import type { ClusterView, UnitView } from '../../src/ports/scheduler.ts'
import { decide } from '../../src/rollout/decide.ts'
import type { Call, UnitCall, Decision } from '../../src/rollout/draft.ts'
import { wantedName } from '../../src/rollout/step-release.ts'
import { clockStands } from '../../src/rollout/stuck.ts'
import {
  defaultPatience,
  type HealthSeen,
  type Observation,
  type PreparationSeen,
} from '../../src/rollout/observation.ts'
import { rolloutOf } from '../support/rollouts.ts'

/** A small cluster under the clock of a test: units that lag, fall over, lie and vanish, one 500 ms look at a time. */

export const gate = {
  kind: 'http',
  port: 8080,
  path: '/health',
  timeoutMs: 1000,
  identity: null,
} as const satisfies HealthGate

const shownAs: Readonly<Record<Exclude<FakeUnit['state'], 'none'>, { readonly active: string; readonly sub: string }>> =
  {
    running: { active: 'active', sub: 'running' },
    stopping: { active: 'deactivating', sub: 'stop-sigterm' },
    dead: { active: 'inactive', sub: 'dead' },
    starting: { active: 'activating', sub: 'start-pre' },
    failed: { active: 'failed', sub: 'failed' },
    'auto-restart': { active: 'activating', sub: 'auto-restart' },
  }

/** The machine on which a unit was before it moved. */
export const ghost = { machine: 'mbefore', ip: '127.0.0.9' } as const

/** One unit of the small cluster. */
export interface FakeUnit {
  wanted: 'launched' | 'loaded' | 'inactive' | 'absent'
  /** `none`: no machine has it. */
  state: 'none' | 'running' | 'stopping' | 'dead' | 'starting' | 'failed' | 'auto-restart'
  /** Content hash, of its template when it was made. */
  hash: string
  /** Milliseconds until the state follows the wish. */
  lag: number
  process: number
  /** The release that its process was started with. */
  runs: string | null
  healthy: boolean
  /** Falls over so many more times when started. */
  falls: number
  ignoresCalls: boolean
  /** Its fleetd is killed at the next stop, before it acted, and comes back believing that nothing is left to do. */
  missesStop: boolean
  /** What the lists say is wanted, for a look in which they are wrong. */
  wished: UnitView['wanted'] | null
  /** The row is missing for so many looks. */
  hidden: number
  /** Another machine, listed first, still reports that it is dead there. */
  ghost: boolean
  /** The machine that has it; its own unless it moved. */
  machine: string | null
  /** Its machine is lost, and no other has room. */
  homeless: boolean
}

/** The one that plans have in these tests. */
export const migrate: NonNullable<Plan['preparation']> = {
  command: ['migrate', 'up'],
  timeoutMs: 300_000,
  env: [],
  doneBy: null,
}
export const prepared = { kind: 'done' as const, tookMs: 3000, output: { lines: ['2 of 2'], cut: false } }

export class World {
  now = 1_000_000
  readonly units = new Map<string, FakeUnit>()
  /** Content hash of each template; what is made from another one has 'h'. */
  readonly templates = new Map<string, string>()
  readonly log: { at: number; what: string }[] = []
  rollout: Rollout
  facts: Fact[] = []
  decisions: Decision[] = []
  silentUntil = 0
  /** What units pull when they start: a digest. */
  wanted: string | null
  /** Why nobody can say what is wanted. */
  registryAway: string | null = null
  /** How long the preparation takes, and how it ends. */
  preparation: { readonly ms: number; readonly end: Exclude<PreparationSeen, { kind: 'running' }> } = {
    ms: 3000,
    end: prepared,
  }
  #prepares: { readonly until: number; readonly end: PreparationSeen } | null = null
  /** Machines that left the cluster. */
  readonly gone = new Set<string>()
  /** Old copies that still answer: a unit, and the machine of the copy. */
  readonly answering = new Set<string>()
  /** Releases that are not well. */
  readonly bad = new Set<string>()
  go: Observation['go'] = null
  /** No health check has been answered yet. */
  blind = false
  abort: Observation['abort'] = null
  take: Observation['take'] = null
  pause: Observation['pause'] = null
  resumed: Observation['resumed'] = null
  holds: Observation['holds'] = []
  stopMs = 1500
  startMs = 3000
  #since = new Map<string, { state: string; at: number; views: number; flaps: number }>()
  #asked = new Map<string, number>()
  #absentFor = new Map<string, number>()
  #passes = new Map<string, HealthSeen>()
  #spent = { ms: 0, at: this.now }
  #began = this.now
  #late: { readonly at: number; readonly call: UnitCall }[] = []

  constructor(plan: Plan) {
    this.rollout = rolloutOf(plan)
    this.wanted = plan.release?.from ?? null
    for (const one of plan.batches.flat())
      if (one.task !== 'add') for (const unit of [one.unit, ...one.sidekicks]) this.add(unit)
    for (const unit of plan.others) this.add(unit)
    for (const { unit, hash } of plan.batches.flat().flatMap((one) => one.renews))
      this.templates.set(templateOf(unit) ?? unit, hash)
  }

  add(unit: string): FakeUnit {
    const made: FakeUnit = {
      wanted: 'launched',
      state: 'running',
      hash: 'h',
      lag: 0,
      process: 1,
      runs: this.wanted,
      healthy: true,
      falls: 0,
      ignoresCalls: false,
      missesStop: false,
      wished: null,
      hidden: 0,
      ghost: false,
      machine: null,
      homeless: false,
    }
    this.units.set(unit, made)
    return made
  }

  unit(name: string): FakeUnit {
    return this.units.get(name) ?? this.add(name)
  }

  /** A new process takes over: what was only in memory is gone. */
  restart(): void {
    // What it ran may go on, and nobody hears of it.
    this.#prepares = null
    this.#asked.clear()
    this.#passes.clear()
    this.#since.clear()
    this.#began = this.now
    this.#spent = { ms: this.rollout.spentMs, at: this.now }
  }

  /**
   * One turn as the driver makes it. `crash` loses the calls after the record was stored; `killed` kills the first one, which
   * fleet hears so many milliseconds later, and leaves out the others.
   */
  turn(options: { readonly crash?: 'before-calls' | 'after-calls'; readonly killed?: number } = {}): Decision {
    const decision = decide(this.rollout, this.#observe(), this.#moment(), { ...defaultPatience })
    this.decisions.push(decision)
    const begins = isPreparing(decision.rollout) && !isPreparing(this.rollout)
    if (decision.rollout !== this.rollout) {
      this.rollout = decision.rollout
      this.#spent = { ms: decision.rollout.spentMs, at: this.now }
    }
    this.facts.push(...decision.facts)
    const first = decision.calls.find((call) => call.verb !== 'want')
    if (options.killed !== undefined && first !== undefined) {
      this.#asked.set(first.unit, this.now)
      this.#late.push({ at: this.now + options.killed, call: first })
    } else if (options.crash === 'before-calls') this.restart()
    else if (begins) this.#prepare()
    else for (const call of decision.calls) this.call(call)
    if (options.crash === 'after-calls') this.restart()
    this.pass(500)
    return decision
  }

  run(turns = 2000): Rollout {
    for (let turn = 0; turn < turns && !isOver(this.rollout); turn++) this.turn()
    return this.rollout
  }

  call(call: Call): void {
    if (call.verb === 'want') {
      this.log.push({ at: this.now, what: `want ${call.to}` })
      this.#asked.set(wantedName, this.now)
      if (this.wanted === call.from && this.registryAway === null) this.wanted = call.to
      return
    }
    const { verb, unit } = call
    this.log.push({ at: this.now, what: `${verb} ${unit}` })
    this.#asked.set(unit, this.now)
    this.#hear({ verb, unit })
  }

  #hear({ verb, unit }: UnitCall): void {
    if (!this.units.has(unit)) {
      if (verb !== 'start') return
      Object.assign(this.add(unit), { wanted: 'absent', state: 'none' })
    }
    const one = this.unit(unit)
    if (one.ignoresCalls) return
    if (verb === 'stop' && one.wanted === 'launched') {
      one.wanted = 'loaded'
      one.lag = one.missesStop ? Number.MAX_SAFE_INTEGER : this.stopMs
    }
    if (verb === 'destroy' && one.wanted !== 'absent') {
      one.wanted = 'absent'
      one.lag = this.stopMs
      this.#absentFor.set(unit, 0)
    }
    // As fleet does: start on what is wanted already, even when it failed, does nothing.
    if (verb === 'start' && one.wanted !== 'launched') {
      if (one.wanted === 'absent') one.hash = this.templates.get(templateOf(unit) ?? unit) ?? 'h'
      one.wanted = 'launched'
      one.missesStop = false
      one.lag = this.startMs
    }
  }

  pass(ms: number): void {
    this.now += ms
    const heard = this.#late.filter((one) => one.at <= this.now)
    this.#late = this.#late.filter((one) => !heard.includes(one))
    for (const { call } of heard) this.#hear(call)
    for (const one of this.units.values()) {
      one.lag = Math.max(0, one.lag - ms)
      if (one.hidden > 0) one.hidden--
      if (one.lag > 0) continue
      if (one.wanted === 'absent' || one.wanted === 'inactive') one.state = 'none'
      else if (one.wanted === 'loaded' && one.state !== 'dead') one.state = 'dead'
      else if (one.wanted === 'launched' && (one.state === 'dead' || one.state === 'none')) {
        one.process++
        one.runs = this.wanted
        if (one.falls > 0) {
          one.falls--
          one.state = 'failed'
        } else one.state = 'running'
      }
    }
  }

  away(): string[] {
    const mains = [...this.rollout.instances.map((one) => one.unit), ...this.rollout.plan.others]
    return mains.filter((unit) => this.unit(unit).state !== 'running')
  }

  #moment() {
    if (clockStands(this.rollout)) this.#spent.at = this.now
    return { wall: this.now, monotonic: this.now, spentMs: this.#spent.ms + this.now - this.#spent.at }
  }

  #observe(): Observation {
    const cluster: ClusterView =
      this.now < this.silentUntil
        ? { kind: 'unknown', startedAt: this.now, endedAt: this.now, reason: 'fleet does not answer' }
        : {
            kind: 'known',
            startedAt: this.now,
            endedAt: this.now,
            machines: new Map(
              [...this.units]
                .flatMap(([unit, { machine }]) => [`m${unit}`, machine ?? []].flat())
                .filter((id) => !this.gone.has(id))
                .map((id) => [id, { id, ip: '127.0.0.1', metadata: {} }]),
            ),
            units: new Map([...this.units].map(([name, one]) => [name, this.#view(name, one)])),
            templates: this.templates,
          }
    return {
      cluster,
      health: this.#health(cluster),
      abort: this.abort,
      take: this.take,
      pause: this.pause,
      resumed: this.resumed,
      holds: this.holds,
      wanted:
        this.rollout.plan.release === null
          ? null
          : this.registryAway === null
            ? { kind: 'known', digest: this.wanted, about: null }
            : { kind: 'unknown', reason: this.registryAway },
      preparation: this.#preparationSeen(),
      announced: new Map(),
      go: this.go,
      askedAt: (unit) => this.#asked.get(unit) ?? this.#began,
      refusals: new Map(),
    }
  }

  #prepare(): void {
    this.log.push({ at: this.now, what: 'prepare' })
    this.#prepares = { until: this.now + this.preparation.ms, end: this.preparation.end }
  }

  #preparationSeen(): PreparationSeen | null {
    if (this.#prepares === null) return null
    const { until, end } = this.#prepares
    if (this.now >= until) return end
    if (this.abort === null || this.rollout.ending === null) return { kind: 'running' }
    const fault = { kind: 'ended', by: 'abort', dead: true } as const
    return { kind: 'failed', fault, tookMs: 1000, output: { lines: [], cut: false } }
  }

  #view(name: string, one: FakeUnit): UnitView {
    const { active, sub } = one.state === 'none' ? { active: '', sub: '' } : shownAs[one.state]
    const unseen = one.hidden > 0 || one.homeless || one.state === 'none'
    const absentFor = (this.#absentFor.get(name) ?? 0) + 1
    this.#absentFor.set(name, absentFor)
    const state = unseen ? 'hidden' : one.state
    const before = this.#since.get(name)
    const wasThere = before !== undefined && !/^(?:auto-restart|hidden)/.test(before.state)
    const flapped = wasThere && one.state === 'auto-restart' ? 1 : 0
    const flaps = one.state === 'dead' ? 0 : (before?.flaps ?? 0) + flapped
    const since =
      before?.state === state ? { ...before, views: before.views + 1, flaps } : { state, at: this.now, views: 1, flaps }
    this.#since.set(name, since)
    return {
      unit: name,
      wanted: one.wished ?? one.wanted,
      believed:
        one.wanted === 'absent'
          ? null
          : one.lag > 0 && !one.missesStop
            ? one.wanted === 'launched'
              ? 'loaded'
              : 'launched'
            : one.wanted,
      hash: one.wanted === 'absent' ? null : one.hash,
      target: one.homeless || one.wanted === 'absent' || one.wanted === 'inactive' ? null : (one.machine ?? `m${name}`),
      global: false,
      reports: unseen
        ? []
        : [
            ...(one.ghost ? [{ ...ghost, load: 'loaded', active: 'inactive', sub: 'dead', hash: 'h' }] : []),
            {
              machine: one.machine ?? `m${name}`,
              ip: one.machine ?? '127.0.0.1',
              load: 'loaded',
              active,
              sub,
              hash: one.hash,
            },
          ],
      sameFor: { views: since.views, since: since.at },
      flaps,
      wantedFor: one.wanted === 'absent' ? absentFor : one.wished === null ? 10 : 1,
    }
  }

  /** Its health answers name the process. */
  get #names(): boolean {
    const { gate: asked } = this.rollout.plan
    return asked.kind === 'http' && asked.identity !== null
  }

  #health(cluster: ClusterView): ReadonlyMap<string, HealthSeen> {
    if (cluster.kind === 'unknown' || this.blind) return this.#passes
    for (const [name, view] of cluster.units) {
      const one = this.unit(name)
      const before = this.#passes.get(name)
      const well = one.healthy && (one.runs === null || !this.bad.has(one.runs))
      const same = before?.stateSince === view.sameFor.since
      const was = same && before.last.kind === 'healthy' ? before.last.identity : null
      const another = was !== null && well && was !== String(one.process)
      const changed = another
        ? { times: (before?.changed?.times ?? 0) + 1, at: this.now }
        : same
          ? before.changed
          : undefined
      this.#passes.set(name, {
        ...(changed === undefined ? {} : { changed }),
        stateSince: view.sameFor.since,
        passes: well ? (same && !another ? before.passes : 0) + 1 : 0,
        fails: well ? 0 : (same ? before.fails : 0) + 1,
        last: well
          ? { kind: 'healthy', identity: this.#names ? String(one.process) : null, says: one.runs }
          : { kind: 'unhealthy', reason: 'HTTP 503' },
      })
    }
    return this.#passes
  }
}
