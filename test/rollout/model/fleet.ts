import type { Seen, SeenUnit } from '../../../src/adapters/fleet/view.ts'
import type { Timeline } from './timeline.ts'

/** What fleetctl is called for. */
export type Verb = 'start' | 'stop' | 'destroy'

/** What is so, and what is said of it, of one unit. */
export interface ModelUnit {
  readonly name: string
  wanted: 'launched' | 'loaded' | 'absent'
  /** How far its machine's agent says that it has come. */
  believed: 'launched' | 'loaded' | 'none'
  state: 'running' | 'stopping' | 'dead' | 'starting' | 'failed' | 'auto-restart' | 'none'
  /** What the registry says of it, later. */
  reported: ModelUnit['state']
  /** Counts its processes. */
  life: number
  healthy: boolean
  /** It falls over so many more times when it is started. */
  falls: number
  /** Its machine's agent stands still. */
  frozen: boolean
  /** The lists lack its row. */
  hidden: boolean
  /** Content of its unit file, from its template when it was made, and of the one that its machine has. */
  hash: string
  loaded: string
  /** The release that its process was started with; null for none. */
  runs: string | null
  /** What it gets at its next start instead of what is wanted: an old layer, a wrong mirror. */
  stray: string | null
}

const shown: Readonly<Record<Exclude<ModelUnit['state'], 'none'>, readonly [active: string, sub: string]>> = {
  running: ['active', 'running'],
  stopping: ['deactivating', 'stop-sigterm'],
  dead: ['inactive', 'dead'],
  starting: ['activating', 'start-pre'],
  failed: ['failed', 'failed'],
  'auto-restart': ['activating', 'auto-restart'],
}

/**
 * A small fleet: a registry of wishes, agents that follow them later, processes that take their time, and reports that
 * come later still. An agent follows what is wanted when it looks: a stop and a start before that are no change to it.
 */
export class ModelFleet {
  readonly units = new Map<string, ModelUnit>()
  /** The lists do not come. */
  silent = false
  /** Content of every template: what is made anew has it. Of one that ends with `!` no machine may run anything. */
  template = 'h'
  /** Told of each process that begins. */
  onLife: (unit: ModelUnit) => void = () => undefined
  /** Told of each change of a process. */
  onChange: (unit: ModelUnit) => void = () => undefined
  readonly #timeline: Timeline
  readonly #random: () => number

  readonly #pull: () => string | null

  /** `pull`: what a unit that starts gets; null when nothing comes, and it falls over. */
  constructor(timeline: Timeline, random: () => number, names: readonly string[], pull: () => string | null) {
    this.#timeline = timeline
    this.#random = random
    this.#pull = pull
    for (const name of names)
      Object.assign(this.unit(name), {
        wanted: 'launched',
        believed: 'launched',
        state: 'running',
        reported: 'running',
        life: 1,
        runs: pull(),
      })
  }

  /** One that nobody has made yet is `absent`. */
  unit(name: string): ModelUnit {
    const found = this.units.get(name)
    if (found !== undefined) return found
    const made: ModelUnit = {
      name,
      wanted: 'absent',
      believed: 'none',
      state: 'none',
      reported: 'none',
      life: 0,
      healthy: true,
      falls: 0,
      frozen: false,
      hidden: false,
      hash: this.template,
      loaded: this.template,
      runs: null,
      stray: null,
    }
    this.units.set(name, made)
    return made
  }

  /** Those of the service that fleet knows, without sidekicks. */
  get instances(): readonly ModelUnit[] {
    return [...this.units.values()].filter(({ name, wanted }) => name.startsWith('api@') && wanted !== 'absent')
  }

  /** A wish of fleetctl is taken. A start of what is wanted already does nothing, even when it failed; one of what is not there makes it. */
  take(verb: Verb, name: string): void {
    const unit = this.unit(name)
    if (unit.wanted === 'absent' && verb !== 'start') return
    // fleetctl refuses to stop what no machine has.
    if (isUnplaced(unit) && verb === 'stop') return
    if (unit.wanted === 'absent') unit.hash = this.template
    unit.wanted = verb === 'start' ? 'launched' : verb === 'stop' ? 'loaded' : 'absent'
    this.#later(100, 1500, () => this.#follow(unit))
  }

  thaw(unit: ModelUnit): void {
    unit.frozen = false
    this.#later(0, 300, () => this.#follow(unit))
  }

  /** Its machine starts it anew: what it looks up for that is what is wanted by then. */
  restart(unit: ModelUnit): void {
    if (unit.state !== 'running') return
    this.#become(unit, 'stopping')
    this.#later(100, 800, () => {
      if (unit.state !== 'stopping') return
      if (unit.wanted === 'launched') this.#start(unit)
      else this.#rest(unit)
    })
  }

  /** Its process ends by itself, and stays down. */
  die(unit: ModelUnit): void {
    if (unit.state === 'running') this.#become(unit, 'failed')
  }

  /** Its process ends by itself, and systemd starts it again. */
  crash(unit: ModelUnit): void {
    if (unit.state !== 'running') return
    this.#become(unit, 'auto-restart')
    this.#later(100, 1500, () => unit.state === 'auto-restart' && this.#start(unit))
  }

  /** Its machine's fleetd is restarted in order: it withdraws the row, stops the process, and starts it again (fleetd-orderly-restart). */
  withdraw(unit: ModelUnit): void {
    if (unit.state !== 'running' || unit.frozen) return
    unit.believed = 'none'
    this.#become(unit, 'none')
    unit.reported = 'none'
    this.#later(1500, 4000, () => this.#follow(unit))
  }

  seen(): Seen {
    const machines = new Map(
      [...this.units.keys()].map((name) => [`m-${name}`, { id: `m-${name}`, ip: name, metadata: {} }] as const),
    )
    const known = [...this.units.values()].filter(({ wanted, reported }) => wanted !== 'absent' || reported !== 'none')
    const units = new Map(known.map((unit) => [unit.name, this.#view(unit)]))
    const templates = new Map(['api@.service', 'api-elb@.service'].map((name) => [name, this.template]))
    return { kind: 'seen', machines, units, templates }
  }

  #view({ name, wanted, believed, reported, hidden, hash, loaded }: ModelUnit): SeenUnit {
    const machine = `m-${name}`
    const [active, sub] = reported === 'none' ? ['', ''] : shown[reported]
    const there = wanted !== 'absent'
    return {
      unit: name,
      wanted,
      believed: believed === 'none' || !there ? null : believed,
      hash: there ? hash : null,
      target: there && !isUnplaced({ wanted, hash, believed }) ? machine : null,
      global: false,
      reports: hidden || reported === 'none' ? [] : [{ machine, ip: name, load: 'loaded', active, sub, hash: loaded }],
    }
  }

  #follow(unit: ModelUnit): void {
    const wanted = unit.wanted === 'absent' ? 'none' : unit.wanted
    if (unit.frozen || unit.believed === wanted || isUnplaced(unit)) return
    if (unit.believed === 'none') unit.loaded = unit.hash
    unit.believed = wanted
    if (wanted !== 'launched') {
      if (unit.state === 'running' || unit.state === 'starting' || unit.state === 'auto-restart') {
        this.#become(unit, 'stopping')
        this.#later(100, 2500, () => unit.state === 'stopping' && this.#rest(unit))
      } else if (unit.state !== 'stopping') this.#rest(unit)
      return
    }
    if (unit.state === 'stopping') {
      // systemd starts it once it has stopped.
      this.#later(100, 2500, () => this.#start(unit))
    } else this.#start(unit)
  }

  #start(unit: ModelUnit): void {
    if (unit.wanted !== 'launched' || unit.state === 'running' || unit.state === 'starting') return
    this.#become(unit, 'starting')
    this.#later(200, 3000, () => {
      if (unit.state !== 'starting') return
      unit.life += 1
      unit.runs = unit.stray ?? this.#pull()
      unit.stray = null
      if (unit.runs === null) this.#become(unit, 'failed')
      else if (unit.falls > 0) {
        unit.falls -= 1
        this.#become(unit, 'failed')
      } else this.#become(unit, 'running')
      this.onLife(unit)
    })
  }

  /** Nothing of it runs. One that was destroyed is not even reported. */
  #rest(unit: ModelUnit): void {
    this.#become(unit, unit.believed === 'none' ? 'none' : 'dead')
  }

  #become(unit: ModelUnit, state: ModelUnit['state']): void {
    unit.state = state
    this.onChange(unit)
    // All reports of one agent keep their order: the last of them is what is so.
    this.#later(300, 1500, () => (unit.reported = unit.state))
  }

  #later(least: number, most: number, run: () => void): void {
    this.#timeline.after(least + this.#random() * (most - least), run)
  }
}

/** It was made from a template that no machine matches, and no machine has it. One that still runs what it was keeps its machine. */
const isUnplaced = ({ wanted, hash, believed }: Pick<ModelUnit, 'wanted' | 'hash' | 'believed'>): boolean =>
  wanted !== 'absent' && hash.endsWith('!') && believed === 'none'
