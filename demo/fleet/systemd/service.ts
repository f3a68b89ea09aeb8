import { serviceConfigOf, type ServiceConfig } from '../units/service-config.ts'
import type { UnitOption } from '../units/lex.ts'
import type { Running } from './command.ts'
import type { Host } from './host.ts'
import { runCycle, type Life } from './cycle.ts'
import { isDown, isUp, type Result, type ServiceState } from './states.ts'

/**
 * One service on one machine as systemd keeps it. `start` and `stop` are jobs: they return at once, the newest wins, and
 * a start that comes while the service stops waits for the stop to end.
 */
export class Service implements Life {
  readonly unit: string
  readonly host: Host
  config: ServiceConfig
  mainPid = 0
  startedAt: number | null = null
  /** Main processes that were started, ever. */
  starts = 0
  gone = false
  readonly groups = new Set<Running>()
  #state: ServiceState = 'inactive/dead'
  #result: Result = 'success'
  #running = false
  #pendingStart = false
  #restart: (() => void) | null = null
  #recentStarts: number[] = []
  #stopWanted = false
  #stopWaiters: (() => void)[] = []
  readonly #watchers = new Set<() => void>()

  constructor(unit: string, options: readonly UnitOption[], host: Host) {
    this.unit = unit
    this.host = host
    this.config = serviceConfigOf(options, unit)
  }

  get state(): ServiceState {
    return this.#state
  }

  get result(): Result {
    return this.#result
  }

  get stopWanted(): boolean {
    return this.#stopWanted
  }

  /** The unit file on disk changed; commands already running keep what they were started with. */
  reload(options: readonly UnitOption[]): void {
    this.config = serviceConfigOf(options, this.unit)
  }

  /** Called at every change of state; returns what ends the watch. */
  watch(act: () => void): () => void {
    this.#watchers.add(act)
    return () => this.#watchers.delete(act)
  }

  enter(state: ServiceState): void {
    this.#state = state
    for (const act of this.#watchers) act()
  }

  start(): void {
    if (this.config.broken) return
    if (this.#running) {
      this.#pendingStart = this.#stopWanted
      return
    }
    this.#restart?.()
    this.#restart = null
    void this.#begin()
  }

  stop(): void {
    this.#pendingStart = false
    if (this.#restart !== null) {
      this.#restart()
      this.#restart = null
      this.enter('inactive/dead')
    }
    if (!this.#running) return
    this.#stopWanted = true
    for (const wake of this.#stopWaiters.splice(0)) wake()
  }

  /** Power loss: every process is killed at once and nothing is run any more. */
  destroy(): void {
    this.gone = true
    this.stop()
    for (const group of this.groups) {
      this.host.witness.note({ action: 'power-loss', unit: this.unit, machine: this.host.machine, pid: group.pid })
      group.signal('SIGKILL', true)
    }
  }

  /** Its processes die as if they had crashed. */
  kill(): void {
    for (const group of this.groups) group.signal('SIGKILL', true)
  }

  /** Resolves when the running cycle is asked to stop; at once when it already was. */
  stopAsked(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stopWanted) resolve()
      else this.#stopWaiters.push(resolve)
    })
  }

  /** Forgets that the service failed and how often it was started. */
  resetFailed(): void {
    this.#recentStarts = []
    if (this.#state === 'failed/failed') this.enter('inactive/dead')
  }

  idle(): boolean {
    return !this.#running && this.#restart === null
  }

  async #begin(): Promise<void> {
    if (this.#limitHit()) {
      this.#result = 'start-limit-hit'
      this.enter('failed/failed')
      return
    }
    this.#running = true
    this.#stopWanted = false
    const config = this.config
    this.#result = await runCycle(this, config)
    this.#running = false
    this.mainPid = 0
    this.startedAt = null
    this.#stopWaiters = []
    const asked = this.#stopWanted
    this.#stopWanted = false
    if (this.#pendingStart) {
      this.#pendingStart = false
      await this.#begin()
      return
    }
    if (!asked && this.#shallRestart(config)) {
      this.enter('activating/auto-restart')
      this.#restart = this.host.clock.after(config.restartSecMs, () => {
        this.#restart = null
        void this.#begin()
      })
      return
    }
    this.enter(this.#result === 'success' ? 'inactive/dead' : 'failed/failed')
  }

  #shallRestart(config: ServiceConfig): boolean {
    const result = this.#result
    const when: Readonly<Record<ServiceConfig['restart'], boolean>> = {
      no: false,
      always: true,
      'on-success': result === 'success',
      'on-failure': result !== 'success',
      'on-abnormal': result === 'signal' || result === 'timeout',
    }
    return when[config.restart]
  }

  #limitHit(): boolean {
    const { startLimitIntervalMs, startLimitBurst } = this.config
    if (startLimitIntervalMs <= 0) return false
    const { clock } = this.host
    const since = clock.now() - startLimitIntervalMs * clock.scale
    this.#recentStarts = this.#recentStarts.filter((at) => at > since)
    if (this.#recentStarts.length >= startLimitBurst) return true
    this.#recentStarts.push(clock.now())
    return false
  }
}

/** What `systemctl is-active` would say, for those who wait on another unit. */
export function settled(service: Service): boolean {
  return isUp(service.state) || isDown(service.state)
}
