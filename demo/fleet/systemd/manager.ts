import { hashUnitFile } from '../units/unit-file.ts'
import type { UnitOption } from '../units/lex.ts'
import type { Host } from './host.ts'
import { Service, settled } from './service.ts'
import { isDown, isUp } from './states.ts'

/** A row of `systemctl list-units`. */
export interface UnitStatus {
  readonly load: string
  readonly active: string
  readonly sub: string
  /** Hash of the unit file on disk; empty when the file is gone. */
  readonly hash: string
}

/** The service manager of one machine: its unit files, its services, and what binds them to each other. */
export class Manager {
  readonly #host: Host
  readonly #files = new Map<string, { readonly hash: string }>()
  readonly #services = new Map<string, Service>()

  constructor(host: Host) {
    this.#host = host
  }

  /** Writes a unit file; a service that is running goes on with what it was started with. */
  load(unit: string, options: readonly UnitOption[]): void {
    this.#files.set(unit, { hash: hashUnitFile(options) })
    const known = this.#services.get(unit)
    if (known !== undefined) known.reload(options)
    else this.#adopt(unit, new Service(unit, options, this.#host))
  }

  /** Removes the unit file; the service lives on until its processes have ended. */
  unload(unit: string): void {
    this.#files.delete(unit)
    this.#services.get(unit)?.resetFailed()
    this.#forget(unit)
  }

  files(): string[] {
    return [...this.#files.keys()]
  }

  hasFile(unit: string): boolean {
    return this.#files.has(unit)
  }

  services(): Service[] {
    return [...this.#services.values()]
  }

  status(unit: string): UnitStatus {
    const service = this.#services.get(unit)
    const [active = 'inactive', sub = 'dead'] = (service?.state ?? 'inactive/dead').split('/')
    const file = this.#files.get(unit)
    if (service === undefined) return { load: 'not-found', active, sub, hash: '' }
    return { load: service.config.broken ? 'bad-setting' : 'loaded', active, sub, hash: file?.hash ?? '' }
  }

  start(unit: string): void {
    const service = this.#services.get(unit)
    if (service === undefined) return
    const { requires, bindsTo, wants, after } = service.config
    const needed = [...requires, ...bindsTo]
    if (needed.some((other) => !this.#services.has(other))) return
    for (const other of [...needed, ...wants]) this.start(other)
    const before = after.flatMap((other) => this.#services.get(other) ?? [])
    this.#when(
      before,
      (other) => isUp(other.state) || settled(other),
      () => {
        if (needed.some((other) => !isUp(this.#services.get(other)?.state ?? 'inactive/dead') && after.includes(other)))
          return
        service.start()
      },
    )
  }

  stop(unit: string): void {
    const service = this.#services.get(unit)
    if (service === undefined) return
    const bound = this.services().filter(({ config }) =>
      [...config.requires, ...config.bindsTo, ...config.partOf].includes(unit),
    )
    for (const other of bound) if (!isDown(other.state)) this.stop(other.unit)
    const first = bound.filter(({ config }) => config.after.includes(unit))
    this.#when(
      first,
      (other) => isDown(other.state),
      () => service.stop(),
    )
  }

  /** Stops everything and resolves when no process is left. */
  async stopAll(): Promise<void> {
    for (const service of this.services()) this.stop(service.unit)
    await Promise.all(this.services().map((service) => untilIdle(service)))
  }

  /** Power loss: every process is killed where it is and every unit is forgotten. Resolves when none is left. */
  async killAll(): Promise<void> {
    const services = this.services()
    for (const service of services) service.destroy()
    this.#services.clear()
    this.#files.clear()
    await Promise.all(services.flatMap(({ groups }) => [...groups].map((group) => group.done)))
  }

  #adopt(unit: string, service: Service): void {
    this.#services.set(unit, service)
    service.watch(() => {
      if (isDown(service.state)) this.#stopBound(unit)
      this.#forget(unit)
    })
  }

  #stopBound(unit: string): void {
    for (const other of this.services()) {
      if (other.config.bindsTo.includes(unit) && !isDown(other.state)) this.stop(other.unit)
    }
  }

  #forget(unit: string): void {
    const service = this.#services.get(unit)
    if (service !== undefined && !this.#files.has(unit) && service.idle() && isDown(service.state)) {
      this.#services.delete(unit)
    }
  }

  #when(others: readonly Service[], ready: (other: Service) => boolean, act: () => void): void {
    const waiting = new Set(others.filter((other) => !ready(other)))
    if (waiting.size === 0) return act()
    for (const other of waiting) {
      const end = other.watch(() => {
        if (!ready(other)) return
        end()
        waiting.delete(other)
        if (waiting.size === 0) act()
      })
    }
  }
}

function untilIdle(service: Service): Promise<void> {
  return new Promise((resolve) => {
    if (service.idle()) return resolve()
    const end = service.watch(() => {
      if (!service.idle()) return
      end()
      resolve()
    })
  })
}
