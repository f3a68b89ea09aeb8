import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { hashUnitFile, optionValues } from '../../demo/fleet/units/unit-file.ts'
import { requirementsOf } from '../../demo/fleet/units/requirements.ts'

const Registry = z.object({
  machines: z.array(z.object({ id: z.string(), metadata: z.record(z.string(), z.string()) })),
  units: z.array(
    z.object({
      name: z.string(),
      options: z.array(z.object({ section: z.string(), name: z.string(), value: z.string() })),
      desiredState: z.string(),
      currentState: z.string(),
      machineID: z.string(),
    }),
  ),
  states: z.array(
    z.object({
      name: z.string(),
      machineID: z.string(),
      hash: z.string(),
      systemdLoadState: z.string(),
      systemdActiveState: z.string(),
      systemdSubState: z.string(),
    }),
  ),
})

/** The registry at one moment, in fleetctl's words. */
export interface Snapshot {
  readonly at: number
  readonly machines: readonly { readonly id: string; readonly metadata: string }[]
  readonly units: readonly {
    readonly name: string
    readonly hash: string
    readonly dstate: string
    readonly state: string
    readonly target: string
    readonly desc: string
    readonly global: boolean
  }[]
  readonly states: readonly {
    readonly name: string
    readonly machine: string
    readonly load: string
    readonly active: string
    readonly sub: string
    readonly hash: string
  }[]
}

const Line = z.object({
  at: z.number(),
  registry: Registry,
  instances: z.array(z.object({ unit: z.string(), pid: z.number().nullable() })),
})

/** Everything a lab went through, from its chronicle. */
export class History {
  readonly snapshots: Snapshot[] = []
  /** For each unit the sets of live main processes it had, numbered in order of appearance. */
  readonly processes = new Map<string, string[]>()
  readonly #path: string
  readonly #pids = new Map<string, number[]>()
  #readTo = 0

  constructor(path: string) {
    this.#path = path
  }

  /** The state of the registry now, as far as the chronicle has it. */
  now(): Snapshot {
    this.#read()
    return this.snapshots.at(-1) ?? { at: 0, machines: [], units: [], states: [] }
  }

  /** Snapshots that held at some moment since `from`, the one that held then included. */
  since(from: number): Snapshot[] {
    this.#read()
    const first = this.snapshots.findLastIndex((snapshot) => snapshot.at <= from)
    return this.snapshots.slice(Math.max(0, first))
  }

  #read(): void {
    if (!existsSync(this.#path)) return
    const bytes = readFileSync(this.#path).subarray(this.#readTo)
    const end = bytes.lastIndexOf(10) + 1
    this.#readTo += end
    for (const line of bytes.subarray(0, end).toString('utf8').split('\n')) {
      if (line === '') continue
      const { at, registry, instances } = Line.parse(JSON.parse(line))
      this.snapshots.push(snapshotOf(registry, at))
      this.#number(instances)
    }
  }

  #number(instances: readonly { readonly unit: string; readonly pid: number | null }[]): void {
    const live = new Map<string, number[]>()
    for (const { unit, pid } of instances) {
      const known = this.#pids.get(unit) ?? []
      this.#pids.set(unit, known)
      const numbers = live.get(unit) ?? []
      live.set(unit, numbers)
      if (pid === null) continue
      if (!known.includes(pid)) known.push(pid)
      numbers.push(known.indexOf(pid) + 1)
    }
    for (const unit of this.#pids.keys()) {
      const now = (live.get(unit) ?? []).sort((a, b) => a - b).join(',')
      const seen = this.processes.get(unit) ?? []
      if (seen.at(-1) !== now) seen.push(now)
      this.processes.set(unit, seen)
    }
  }
}

function snapshotOf(registry: z.infer<typeof Registry>, at: number): Snapshot {
  return {
    at,
    machines: registry.machines.map(({ id, metadata }) => ({
      id,
      metadata: Object.entries(metadata)
        .map(([key, value]) => `${key}=${value}`)
        .sort()
        .join(','),
    })),
    units: registry.units.map((unit) => ({
      name: unit.name,
      hash: hashUnitFile(unit.options),
      dstate: unit.desiredState,
      state: unit.currentState,
      target: unit.machineID,
      desc: optionValues(unit.options, 'Unit', 'Description')[0] ?? '-',
      global: requirementsOf(unit.name, unit.options).global,
    })),
    states: registry.states.map((state) => ({
      name: state.name,
      machine: state.machineID,
      load: state.systemdLoadState,
      active: state.systemdActiveState,
      sub: state.systemdSubState,
      hash: state.hash,
    })),
  }
}
