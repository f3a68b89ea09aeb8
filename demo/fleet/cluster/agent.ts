import type { Manager } from '../systemd/manager.ts'
import type { Job, JobState, MachineRecord, Registry } from './registry.ts'
import type { LabClock } from './clock.ts'
import { Looker, type Pace } from './looker.ts'
import type { Publisher } from './publisher.ts'
import { conflict, unitsOn } from './schedule.ts'
import { renewEveryMs, type LabTiming } from './timing.ts'

type Task = { readonly order: number; readonly run: () => void }

/**
 * fleet's agent on one machine: compares what the registry wants here with what it last told the service manager, never
 * with what the processes do. That a restart restarts nothing comes from this.
 */
export class Agent {
  readonly #record: MachineRecord
  readonly #registry: Registry
  readonly #manager: Manager
  readonly #publisher: Publisher
  readonly #clock: LabClock
  readonly #timing: LabTiming
  /** What this agent last wanted of each unit. */
  readonly #told = new Map<string, JobState>()
  readonly #looker: Looker
  #cancel: () => void = () => undefined
  #beatAt = 0
  /** False while the machine cannot reach the registry. */
  connected = true

  constructor(
    record: MachineRecord,
    parts: { readonly registry: Registry; readonly manager: Manager; readonly publisher: Publisher },
    clock: LabClock,
    timing: LabTiming,
  ) {
    this.#record = record
    this.#registry = parts.registry
    this.#manager = parts.manager
    this.#publisher = parts.publisher
    this.#clock = clock
    this.#timing = timing
    const { agentIntervalMs: intervalMs, watchPauseMs } = timing
    this.#looker = new Looker(parts.registry, clock, { intervalMs, watchPauseMs }, () => this.#look())
  }

  run(): void {
    this.#looker.start()
    this.#beatAt = this.#clock.now()
    this.#cancel = this.#clock.every(renewEveryMs(this.#timing.ttlMs), () => this.#beat())
  }

  halt(): void {
    this.#looker.halt()
    this.#cancel()
  }

  /** Looks now, as the periodic look would. */
  look(): void {
    this.#looker.look()
  }

  /** Says again what it launched. */
  renew(): void {
    this.#beat()
  }

  setPace(pace: Pace): void {
    this.#looker.pace = pace
  }

  /** Until when its newest beats live, milliseconds since the epoch. */
  beatsUntil(): number {
    return this.#beatAt + this.#timing.ttlMs * this.#clock.scale
  }

  /** Forgets what it told the service manager, as a machine that lost its power does. */
  forget(): void {
    this.#told.clear()
  }

  /** Orderly end: gives back every unit, as fleetd does when it is stopped. */
  purge(): void {
    for (const unit of this.#manager.files()) this.#unload(unit)
    this.#told.clear()
  }

  #look(): void {
    if (!this.connected || this.#registry.frozen) return
    const targets = new Map(this.#registry.jobs().map((job) => [job.name, job.target]))
    const wanted = withoutConflicts(unitsOn(this.#record, this.#registry.jobs(), targets))
    const byName = new Map(wanted.map((job) => [job.name, job]))
    const names = new Set([...byName.keys(), ...this.#manager.files()])
    const tasks = [...names].sort().flatMap((name) => this.#tasksFor(name, byName.get(name)))
    for (const task of tasks.sort((a, b) => a.order - b.order)) task.run()
  }

  #tasksFor(name: string, job: Job | undefined): Task[] {
    const loaded = this.#manager.hasFile(name)
    const unload = { order: 1, run: () => this.#unload(name) }
    if (job === undefined || job.targetState === 'inactive') return loaded ? [unload] : []
    const load = { order: 2, run: () => this.#load(job) }
    const stop = { order: 4, run: () => this.#stop(name) }
    const start = { order: 5, run: () => this.#start(name) }
    const launch = job.targetState === 'launched' ? [start] : []
    if (!loaded) return [load, ...launch]
    if (this.#manager.status(name).hash !== job.hash) return [unload, load, ...launch]
    const told = this.#told.get(name) ?? 'inactive'
    if (told === job.targetState) return []
    if (told === 'inactive') return [load, ...launch]
    return told === 'launched' ? [stop] : launch
  }

  #load(job: Job): void {
    this.#told.set(job.name, 'loaded')
    this.#manager.load(job.name, job.options)
    this.#publisher.subscribe(job.name)
  }

  #unload(name: string): void {
    this.#told.delete(name)
    if (this.connected) this.#registry.clearBeat(name)
    this.#manager.stop(name)
    this.#publisher.unsubscribe(name)
    this.#manager.unload(name)
  }

  #start(name: string): void {
    this.#told.set(name, 'launched')
    this.#registry.beat(name, this.#record.id)
    this.#manager.start(name)
  }

  #stop(name: string): void {
    this.#told.set(name, 'loaded')
    this.#registry.clearBeat(name)
    this.#manager.stop(name)
  }

  #beat(): void {
    this.#beatAt = this.#clock.now()
    if (!this.connected || this.#registry.frozen) return
    for (const [name, state] of this.#told) {
      if (state === 'launched') this.#registry.beat(name, this.#record.id)
    }
  }
}

function withoutConflicts(jobs: readonly Job[]): readonly Job[] {
  if (jobs.every((job) => job.wanted.conflicts.length === 0)) return jobs
  const kept: Job[] = []
  for (const job of jobs) if (!kept.some((other) => conflict(job, other))) kept.push(job)
  return kept
}
