import { join } from 'node:path'
import { makeLabClock } from './cluster/clock.ts'
import { runEngine } from './cluster/engine.ts'
import { Machine, type Lab } from './cluster/machine.ts'
import { Registry } from './cluster/registry.ts'
import { openWitness } from './cluster/witness.ts'
import type { LabConfig } from './config.ts'
import { keepChronicle } from './serve/chronicle.ts'
import { openControl } from './serve/control.ts'
import { Etcd } from './serve/etcd.ts'
import { Faults } from './serve/faults.ts'
import { MachineServer } from './serve/machine-server.ts'
import { startReaper } from './systemd/reaper.ts'

export interface RunningLab {
  readonly endpoints: readonly string[]
  readonly control: string
  /** Path of the JSON-lines log. */
  readonly log: string
  /** Ends every process of the lab. */
  close(): Promise<void>
}

/** Builds a lab in this process and starts it. */
export async function openLab(config: LabConfig): Promise<RunningLab> {
  const clock = makeLabClock(config.timeScale, config.seed)
  const log = join(config.dir, 'lab.jsonl')
  const witness = openWitness(log, () => clock.now())
  const reaper = startReaper()
  const registry = new Registry(() => clock.now())
  const faults = new Faults()
  const { timing, dir, env, aliases } = config
  const lab: Lab = {
    registry,
    clock,
    witness,
    reaper,
    timing,
    dir,
    env,
    aliases,
    faultOf: (unit) => faults.unitOf(unit),
  }
  const machines = config.machines.map((spec) => new Machine(spec, lab))
  const etcd = new Etcd(registry, machines, clock, timing.ttlMs)
  const cutSince = new Map<string, number>()
  const lostSince = (machine: Machine): number | null => {
    if (machine.mode === 'stopped') return 0
    if (machine.mode !== 'cut') cutSince.delete(machine.spec.id)
    else if (!cutSince.has(machine.spec.id)) cutSince.set(machine.spec.id, clock.now())
    return cutSince.get(machine.spec.id) ?? etcd.frozenAt
  }
  const parts = { registry, witness, faults, scale: clock.scale, lostSince }
  const servers = new Map(machines.map((machine) => [machine.spec.id, new MachineServer(machine, config.port, parts)]))
  for (const server of servers.values()) await server.open()
  for (const machine of machines) machine.start()
  const endEngine = runEngine(registry, clock, witness, timing)
  const endChronicle =
    config.chronicleEveryMs === null
      ? () => undefined
      : keepChronicle(join(dir, 'chronicle.jsonl'), registry, machines, config.chronicleEveryMs)
  const control = await openControl(
    { machines, servers, registry, clock, faults, etcd, dir },
    config.control,
    (order) => witness.note({ action: 'fault', detail: order }),
  )
  return {
    endpoints: [...servers.values()].map((server) => server.endpoint),
    control: control.url,
    log,
    close: async () => {
      endEngine()
      endChronicle()
      control.server.closeAllConnections()
      control.server.close()
      for (const server of servers.values()) await server.close()
      await Promise.all(machines.map((machine) => machine.close()))
      await reaper.close()
      witness.close()
    },
  }
}
