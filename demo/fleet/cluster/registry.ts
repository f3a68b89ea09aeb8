import { hashUnitFile } from '../units/unit-file.ts'
import type { UnitOption } from '../units/lex.ts'
import { requirementsOf, type Requirements } from '../units/requirements.ts'

export type JobState = 'inactive' | 'loaded' | 'launched'

/** What changed below `job/<name>/`; `gone` is the whole of it. */
export type JobEvent = 'object' | 'target-state' | 'target' | 'job-state' | 'gone'

/** A unit as fleet's registry keeps it. */
export interface Job {
  readonly name: string
  readonly options: readonly UnitOption[]
  readonly hash: string
  readonly wanted: Requirements
  targetState: JobState
  /** The machine it is scheduled to. */
  target: string | null
  heartbeat: Lease<string> | null
}

/** What a machine last reported of a unit. */
export interface UnitState {
  readonly load: string
  readonly active: string
  readonly sub: string
  readonly hash: string
}

/** A report and until when it lives, milliseconds since the epoch. */
interface Lease<Value> {
  readonly value: Value
  until: number
}

/** Until when what a machine that fell silent has said lives on, milliseconds since the epoch. */
export interface Lapse {
  readonly presence: number
  readonly reports: number
  readonly beats: number
}

export interface MachineRecord {
  readonly id: string
  readonly ip: string
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * Stands for etcd as fleet uses it: jobs, unit states and machines. What a machine says lives as long as it goes on
 * saying it; `lapse` is its falling silent. No lease is renewed by a timer, so that a busy computer, on which timers come
 * late, does not let a healthy machine vanish.
 */
export class Registry {
  readonly #jobs = new Map<string, Job>()
  readonly #states = new Map<string, Map<string, Lease<UnitState>>>()
  readonly #machines = new Map<string, Lease<MachineRecord>>()
  readonly #watchers = new Set<(event: JobEvent) => void>()
  readonly #now: () => number
  /** While true nothing can be read or written, yet leases run out. */
  frozen = false

  constructor(now: () => number) {
    this.#now = now
  }

  /** Called at every change of a job; returns what ends the watch. */
  watchJobs(act: (event: JobEvent) => void): () => void {
    this.#watchers.add(act)
    return () => this.#watchers.delete(act)
  }

  jobs(): Job[] {
    return [...this.#jobs.values()].sort(byName)
  }

  job(name: string): Job | null {
    return this.#jobs.get(name) ?? null
  }

  /** Stores a unit or new content under a known name; either way nobody wants it to run now. */
  create(name: string, options: readonly UnitOption[], targetState: JobState): void {
    const known = this.#jobs.get(name)
    const job: Job = {
      name,
      options,
      hash: hashUnitFile(options),
      wanted: requirementsOf(name, options),
      targetState,
      target: known?.target ?? null,
      heartbeat: known?.heartbeat ?? null,
    }
    this.#jobs.set(name, job)
    this.#changed('object')
    this.#changed('target-state')
  }

  setTargetState(name: string, state: JobState): void {
    const job = this.#jobs.get(name)
    if (job === undefined) return
    job.targetState = state
    this.#changed('target-state')
  }

  destroy(name: string): void {
    if (this.#jobs.delete(name)) this.#changed('gone')
  }

  schedule(name: string, machine: string): void {
    const job = this.#jobs.get(name)
    if (job === undefined || job.target !== null) return
    job.target = machine
    this.#changed('target')
  }

  unschedule(name: string): void {
    const job = this.#jobs.get(name)
    if (job === undefined || job.target === null) return
    job.target = null
    this.#changed('target')
  }

  beat(name: string, machine: string): void {
    const job = this.#jobs.get(name)
    if (job === undefined) return
    job.heartbeat = { value: machine, until: Number.POSITIVE_INFINITY }
    this.#changed('job-state')
  }

  clearBeat(name: string): void {
    const job = this.#jobs.get(name)
    if (job === undefined || job.heartbeat === null) return
    job.heartbeat = null
    this.#changed('job-state')
  }

  /** What the registry believes of a job: loaded once its machine reports it, launched while that machine's beat lasts. */
  stateOf(job: Job): JobState {
    if (job.target === null || this.#liveState(job.name, job.target) === null) return 'inactive'
    const beat = job.heartbeat
    return beat !== null && beat.until > this.#now() && beat.value === job.target ? 'launched' : 'loaded'
  }

  saveState(name: string, machine: string, value: UnitState): void {
    const rows = this.#states.get(name) ?? new Map<string, Lease<UnitState>>()
    rows.set(machine, { value, until: Number.POSITIVE_INFINITY })
    this.#states.set(name, rows)
  }

  /** A machine says nothing more. */
  lapse(machine: string, until: Lapse): void {
    const presence = this.#machines.get(machine)
    if (presence !== undefined) presence.until = Math.min(presence.until, until.presence)
    for (const rows of this.#states.values()) {
      const report = rows.get(machine)
      if (report !== undefined) report.until = Math.min(report.until, until.reports)
    }
    for (const { heartbeat } of this.#jobs.values()) {
      if (heartbeat?.value === machine) heartbeat.until = Math.min(heartbeat.until, until.beats)
    }
  }

  /** Fleet forgets the reports of every machine when one takes its own back (seen in overlap-slow-stop). */
  removeStates(name: string): void {
    this.#states.delete(name)
  }

  states(): { readonly name: string; readonly machine: string; readonly state: UnitState }[] {
    const rows = [...this.#states].flatMap(([name, machines]) =>
      [...machines].flatMap(([machine, { value: state, until }]) =>
        until > this.#now() ? [{ name, machine, state }] : [],
      ),
    )
    return rows.sort((a, b) => byName(a, b) || (a.machine < b.machine ? -1 : 1))
  }

  saveMachine(value: MachineRecord): void {
    this.#machines.set(value.id, { value, until: Number.POSITIVE_INFINITY })
  }

  removeMachine(id: string): void {
    this.#machines.delete(id)
  }

  machines(): MachineRecord[] {
    return [...this.#machines.values()]
      .filter(({ until }) => until > this.#now())
      .map(({ value }) => value)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  #liveState(name: string, machine: string): UnitState | null {
    const report = this.#states.get(name)?.get(machine)
    return report !== undefined && report.until > this.#now() ? report.value : null
  }

  #changed(event: JobEvent): void {
    for (const act of this.#watchers) act(event)
  }
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  if (a.name === b.name) return 0
  return a.name < b.name ? -1 : 1
}
