import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LabClock } from '../cluster/clock.ts'
import type { Registry } from '../cluster/registry.ts'
import type { Machine } from '../cluster/machine.ts'
import type { Etcd } from './etcd.ts'
import type { FaultOrder } from './fault-order.ts'
import type { Faults } from './faults.ts'
import type { MachineServer } from './machine-server.ts'

export interface LabParts {
  readonly machines: readonly Machine[]
  readonly servers: ReadonlyMap<string, MachineServer>
  readonly registry: Registry
  readonly clock: LabClock
  readonly faults: Faults
  readonly etcd: Etcd
  readonly dir: string
}

/** `systemctl restart` of fleetd took up to 2 s (fleetd-orderly-restart). */
const RESTART_MS = 2000

/** Makes a fault happen, or ends one. Resolves when it has happened; throws when it names no machine of the lab. */
export async function applyFault(order: FaultOrder, lab: LabParts): Promise<void> {
  const { faults } = lab
  switch (order.kind) {
    case 'slow':
    case 'hang':
    case 'error':
    case 'short':
    case 'no-rows':
      for (const { spec } of named(order.machine, lab)) faults.setAnswer(spec.id, order)
      return openAgain(order.machine, lab)
    case 'refuse':
      for (const { spec } of named(order.machine, lab)) {
        faults.setAnswer(spec.id, order)
        await lab.servers.get(spec.id)?.close()
      }
      return
    case 'answer-well':
      for (const { spec } of named(order.machine, lab)) faults.setAnswer(spec.id, null)
      return openAgain(order.machine, lab)
    case 'verb':
      return faults.setVerb(order.verb, { behaviour: order.behaviour, code: order.code })
    case 'verb-well':
      return faults.setVerb(order.verb, null)
    case 'fail-start':
      return faults.setUnit(order.unit, { failStart: true })
    case 'crash':
      return faults.setUnit(order.unit, { crashAfterMs: order.afterMs })
    case 'slow-stop':
      return faults.setUnit(order.unit, { slowStopMs: order.byMs })
    case 'unhealthy':
      return writeFileSync(unhealthyFile(order.unit, lab), '')
    case 'unit-well':
      faults.setUnit(order.unit, null)
      return rmSync(unhealthyFile(order.unit, lab), { force: true })
    case 'kill':
      return killNow(order.unit, lab)
    case 'etcd-freeze':
      return lab.etcd.freeze(order.forMs)
    case 'agents':
      for (const machine of lab.machines) machine.setPace(order.pace)
      return
    case 'clear':
      return clear(lab, order.except ?? [])
    default:
      for (const machine of named(order.machine, lab)) await machineFault(order.kind, machine, lab)
  }
}

type MachineFault = Extract<
  FaultOrder['kind'],
  'power-loss' | 'shutdown' | 'power-on' | 'partition' | 'heal' | `fleetd-${string}`
>

async function machineFault(kind: MachineFault, machine: Machine, lab: LabParts): Promise<void> {
  const server = lab.servers.get(machine.spec.id)
  switch (kind) {
    case 'power-loss':
      return machine.losePower()
    case 'shutdown':
      return machine.stopFleetd('off')
    case 'partition':
      return machine.isolate('cut')
    case 'fleetd-freeze':
      return machine.isolate('frozen')
    case 'heal':
    case 'fleetd-thaw':
      return machine.rejoin()
    case 'fleetd-crash':
      return machine.crash(() => server?.reset())
    case 'fleetd-stop':
      await server?.close()
      return machine.stopFleetd('stopped')
    case 'fleetd-restart':
      await machine.stopFleetd('stopped')
      await new Promise<void>((resolve) => {
        lab.clock.after(RESTART_MS, resolve)
      })
      return machine.start()
    case 'fleetd-start':
    case 'power-on':
      machine.start()
      return server?.open()
  }
}

async function clear(lab: LabParts, except: readonly string[]): Promise<void> {
  const left = new Set(except.flatMap((one) => named(one, lab)))
  for (const machine of lab.machines) {
    for (const { unit } of machine.manager.services()) rmSync(unhealthyFile(unit, lab), { force: true })
  }
  lab.faults.clear()
  for (const machine of lab.machines.filter((one) => !left.has(one))) {
    if (machine.mode === 'cut' || machine.mode === 'frozen') machine.rejoin()
    if (machine.mode === 'off' || machine.mode === 'stopped') machine.start()
  }
  await openAgain(undefined, lab)
}

async function openAgain(machine: string | undefined, lab: LabParts): Promise<void> {
  for (const { spec, mode } of named(machine, lab)) if (mode !== 'stopped') await lab.servers.get(spec.id)?.open()
}

function killNow(unit: string, lab: LabParts): void {
  for (const machine of lab.machines)
    machine.manager
      .services()
      .find((one) => one.unit === unit)
      ?.kill()
}

function named(wanted: string | undefined, lab: LabParts): readonly Machine[] {
  if (wanted === undefined) return lab.machines
  const found = lab.machines.filter(
    ({ spec }) => spec.id.startsWith(wanted) || spec.ip === wanted || spec.metadata['host'] === wanted,
  )
  if (found.length === 1) return found
  const known = lab.machines.map(({ spec }) => spec.metadata['host'] ?? spec.ip).join(', ')
  throw new Error(`no machine is meant by "${wanted}"; use one of ${known}`)
}

function unhealthyFile(unit: string, lab: LabParts): string {
  return join(lab.dir, `unhealthy-${unit}`)
}
