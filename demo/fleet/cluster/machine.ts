import { hostname } from 'node:os'
import { join } from 'node:path'
import { Agent } from './agent.ts'
import type { LabClock } from './clock.ts'
import { Publisher } from './publisher.ts'
import type { Pace } from './looker.ts'
import type { Registry } from './registry.ts'
import type { LabTiming } from './timing.ts'
import type { Witness } from './witness.ts'
import type { Host, UnitFault } from '../systemd/host.ts'
import { Journal } from '../systemd/journal.ts'
import { Manager } from '../systemd/manager.ts'
import type { Reaper } from '../systemd/reaper.ts'

export interface MachineSpec {
  /** 32 hex digits. */
  readonly id: string
  readonly ip: string
  readonly metadata: Readonly<Record<string, string>>
}

/** What all machines of a lab share. */
export interface Lab {
  readonly registry: Registry
  readonly clock: LabClock
  readonly witness: Witness
  readonly reaper: Reaper
  readonly timing: LabTiming
  /** Processes run here, and the lab's files are here. */
  readonly dir: string
  readonly env: Readonly<Record<string, string>>
  readonly aliases: Readonly<Record<string, string>>
  faultOf(unit: string): UnitFault
}

/**
 * - `up`: all well
 * - `off`: no power, or shut down
 * - `cut`: runs, but cannot reach the registry
 * - `stopped`: runs, but its fleetd was stopped
 * - `frozen`: runs, but its fleetd does nothing and answers nobody
 */
export type MachineMode = 'up' | 'off' | 'cut' | 'stopped' | 'frozen'

/** systemd starts a crashed fleetd again after this. */
const CRASH_RESTART_MS = 2000

/** One machine: fleetd (agent, publisher, presence) over a service manager. */
export class Machine {
  readonly spec: MachineSpec
  readonly journal = new Journal()
  readonly manager: Manager
  readonly #lab: Lab
  readonly #agent: Agent
  readonly #publisher: Publisher
  #presence: () => void = () => undefined
  #presentAt = 0
  #mode: MachineMode = 'off'

  constructor(spec: MachineSpec, lab: Lab) {
    this.spec = spec
    this.#lab = lab
    const { registry, clock, timing } = lab
    this.manager = new Manager(hostOf(spec, lab, this.journal))
    this.#publisher = new Publisher(spec.id, registry, this.manager, clock, timing.ttlMs)
    const parts = { registry, manager: this.manager, publisher: this.#publisher }
    this.#agent = new Agent(spec, parts, clock, timing)
  }

  get mode(): MachineMode {
    return this.#mode
  }

  /** Power on, or fleetd started again. */
  start(): void {
    this.#enter('up')
    this.#present()
    const { clock, timing } = this.#lab
    this.#presence = clock.every(timing.ttlMs / 2, () => this.#present())
    this.#publisher.run()
    this.#agent.run()
  }

  /** Power loss: processes die, the registry finds out when the reports expire. */
  losePower(): void {
    this.#halt('off')
    void this.manager.killAll()
    this.#agent.forget()
    this.#publisher.forget()
  }

  /** fleetd is stopped in order: its units stop and its reports are taken back at once. */
  async stopFleetd(mode: 'off' | 'stopped'): Promise<void> {
    this.#halt(mode)
    this.#agent.purge()
    this.#publisher.purge()
    this.#lab.registry.removeMachine(this.spec.id)
    await this.manager.stopAll()
  }

  /** The machine runs on but cannot reach the registry, or its fleetd does nothing. */
  isolate(mode: 'cut' | 'frozen'): void {
    this.#enter(mode)
    this.#fallSilent()
    this.#agent.connected = false
    this.#publisher.connected = false
  }

  rejoin(): void {
    this.#enter('up')
    this.#agent.connected = true
    this.#publisher.connected = true
    this.#present()
    this.#publisher.renew()
    this.#agent.look()
    this.#agent.renew()
  }

  /** After a registry that was away: fleetd says that it is there, and looks. */
  announce(): void {
    this.#present()
    this.#agent.look()
  }

  /** The registry was away longer than the TTL, and wrote what had waited when it came back: that lives for a TTL from now. */
  outlive(): void {
    const { registry, clock, timing } = this.#lab
    const until = clock.now() + timing.ttlMs * clock.scale
    registry.lapse(this.spec.id, { presence: until, reports: until, beats: until })
    this.#publisher.halt()
  }

  /** fleetd has found its place again; it reports anew `afterMs` later. */
  recover(afterMs: number): void {
    this.#lab.clock.after(afterMs, () => {
      if (this.#mode !== 'up') return
      this.#publisher.run()
      this.#publisher.renew()
      this.#agent.renew()
    })
    this.announce()
  }

  setPace(pace: Pace): void {
    this.#agent.setPace(pace)
  }

  /**
   * fleetd crashes: nobody answers until systemd starts it again, and then it has to wait until its old presence has
   * expired (fleetd-restart). Processes run on; what the agent knew of them is lost.
   */
  crash(onRestart: () => void): void {
    this.#halt('frozen')
    this.#agent.forget()
    this.#publisher.forget()
    const { clock, timing } = this.#lab
    clock.after(CRASH_RESTART_MS, () => {
      this.#enter('stopped')
      onRestart()
      clock.after(timing.ttlMs, () => {
        if (this.#mode === 'stopped') this.start()
      })
    })
  }

  /** The lab ends: nothing is stopped in order, everything is killed. Resolves when nothing is left. */
  async close(): Promise<void> {
    this.#halt('off')
    await this.manager.killAll()
  }

  #halt(mode: MachineMode): void {
    this.#enter(mode)
    this.#fallSilent()
    this.#presence()
    this.#publisher.halt()
    this.#agent.halt()
    this.#agent.connected = true
    this.#publisher.connected = true
  }

  #present(): void {
    const { registry, clock } = this.#lab
    this.#presentAt = clock.now()
    if (this.#mode === 'up' && !registry.frozen) registry.saveMachine(this.spec)
  }

  /** What it has said lives on for what is left of its time. */
  #fallSilent(): void {
    const { registry, clock, timing } = this.#lab
    registry.lapse(this.spec.id, {
      presence: this.#presentAt + timing.ttlMs * clock.scale,
      reports: this.#publisher.reportsUntil(),
      beats: this.#agent.beatsUntil(),
    })
  }

  #enter(mode: MachineMode): void {
    this.#mode = mode
    this.#lab.witness.note({ action: `machine-${mode}`, machine: this.spec.id })
  }
}

function hostOf(spec: MachineSpec, lab: Lab, journal: Journal): Host {
  return {
    machine: spec.id,
    clock: lab.clock,
    witness: lab.witness,
    journal,
    reaper: lab.reaper,
    cwd: lab.dir,
    env: {
      ...lab.env,
      COREOS_PRIVATE_IPV4: spec.ip,
      COREOS_PUBLIC_IPV4: spec.ip,
      MACHINE_IP: spec.ip,
      MACHINE_ID: spec.id,
    },
    aliases: lab.aliases,
    hostname: spec.metadata['host'] ?? hostname(),
    unhealthyFile: (unit) => join(lab.dir, `unhealthy-${unit}`),
    readyFile: (unit) => join(lab.dir, `ready-${spec.id}-${unit}`),
    faultOf: (unit) => lab.faultOf(unit),
  }
}
