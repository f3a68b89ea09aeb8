import type { Seen, SeenUnit } from '../../../src/adapters/fleet/view.ts'
import type { Timeline } from './timeline.ts'

/** What is so, and what is said of it, of one unit. */
export interface ModelUnit {
  readonly name: string
  wanted: 'launched' | 'loaded'
  /** How far its machine's agent says that it has come. */
  believed: 'launched' | 'loaded'
  state: 'running' | 'stopping' | 'dead' | 'starting' | 'failed'
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
  /** The release that its process was started with; null for none. */
  runs: string | null
  /** What it gets at its next start instead of what is wanted: an old layer, a wrong mirror. */
  stray: string | null
}

const shown: Readonly<Record<ModelUnit['state'], readonly [active: string, sub: string]>> = {
  running: ['active', 'running'],
  stopping: ['deactivating', 'stop-sigterm'],
  dead: ['inactive', 'dead'],
  starting: ['activating', 'start-pre'],
  failed: ['failed', 'failed'],
}

/**
 * A small fleet: a registry of wishes, agents that follow them later, processes that take their time, and reports that
 * come later still. An agent follows what is wanted when it looks: a stop and a start before that are no change to it.
 */
export class ModelFleet {
  readonly units = new Map<string, ModelUnit>()
  /** The lists do not come. */
  silent = false
  /** Told of each process that begins. */
  onLife: (unit: ModelUnit) => void = () => undefined
  readonly #timeline: Timeline
  readonly #random: () => number

  readonly #pull: () => string | null

  /** `pull`: what a unit that starts gets; null when nothing comes, and it falls over. */
  constructor(timeline: Timeline, random: () => number, names: readonly string[], pull: () => string | null) {
    this.#timeline = timeline
    this.#random = random
    this.#pull = pull
    for (const name of names) {
      this.units.set(name, {
        name,
        wanted: 'launched',
        believed: 'launched',
        state: 'running',
        reported: 'running',
        life: 1,
        healthy: true,
        falls: 0,
        frozen: false,
        hidden: false,
        runs: pull(),
        stray: null,
      })
    }
  }

  unit(name: string): ModelUnit {
    const found = this.units.get(name)
    if (found === undefined) throw new Error(`there is no ${name}`)
    return found
  }

  /** A wish of fleetctl is taken. A start of what is wanted already does nothing, even when it failed. */
  take(verb: 'start' | 'stop', name: string): void {
    const unit = this.unit(name)
    unit.wanted = verb === 'start' ? 'launched' : 'loaded'
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
      else this.#become(unit, 'dead')
    })
  }

  /** Its process ends by itself. */
  die(unit: ModelUnit): void {
    if (unit.state === 'running') this.#become(unit, 'failed')
  }

  seen(): Seen {
    const machines = new Map(
      [...this.units.keys()].map((name) => [`m-${name}`, { id: `m-${name}`, ip: name, metadata: {} }] as const),
    )
    const units = new Map([...this.units.values()].map((unit) => [unit.name, this.#view(unit)]))
    return { kind: 'seen', machines, units, templates: new Map() }
  }

  #view({ name, wanted, believed, reported, hidden }: ModelUnit): SeenUnit {
    const [active, sub] = shown[reported]
    const machine = `m-${name}`
    const report = { machine, ip: name, load: 'loaded', active, sub, hash: 'h' }
    return {
      unit: name,
      wanted,
      believed,
      hash: 'h',
      target: machine,
      global: false,
      reports: hidden ? [] : [report],
    }
  }

  #follow(unit: ModelUnit): void {
    if (unit.frozen || unit.believed === unit.wanted) return
    unit.believed = unit.wanted
    if (unit.wanted === 'loaded') {
      if (unit.state === 'running' || unit.state === 'starting') {
        this.#become(unit, 'stopping')
        this.#later(100, 2500, () => unit.state === 'stopping' && this.#become(unit, 'dead'))
      } else if (unit.state === 'failed') this.#become(unit, 'dead')
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

  #become(unit: ModelUnit, state: ModelUnit['state']): void {
    unit.state = state
    // All reports of one agent keep their order: the last of them is what is so.
    this.#later(300, 1500, () => (unit.reported = unit.state))
  }

  #later(least: number, most: number, run: () => void): void {
    this.#timeline.after(least + this.#random() * (most - least), run)
  }
}
