import type { Machine } from '../cluster/machine.ts'

/** One copy of a unit on one machine, as it really is: not what fleet reports. */
export interface Instance {
  readonly unit: string
  /** Machine id. */
  readonly machine: string
  readonly ip: string
  /** Main process, null when there is none. */
  readonly pid: number | null
  /** When the main process was started, milliseconds since the epoch. */
  readonly startedAt: number | null
  readonly active: string
  readonly sub: string
  readonly hash: string
  /** Main processes started on this machine so far. */
  readonly starts: number
}

export function instancesOf(machines: readonly Machine[]): Instance[] {
  return machines.flatMap(({ spec, manager }) =>
    manager.services().map((service) => {
      const { active, sub, hash } = manager.status(service.unit)
      return {
        unit: service.unit,
        machine: spec.id,
        ip: spec.ip,
        pid: service.mainPid === 0 ? null : service.mainPid,
        startedAt: service.startedAt,
        active,
        sub,
        hash,
        starts: service.starts,
      }
    }),
  )
}
