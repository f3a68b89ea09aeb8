import type { Job, MachineRecord } from './registry.ts'
import { hasMetadata } from '../units/requirements.ts'
import { globMatches } from '../units/glob.ts'

export type Placement =
  | { readonly kind: 'unschedule'; readonly unit: string; readonly reason: string }
  | { readonly kind: 'schedule'; readonly unit: string; readonly machine: string; readonly reason: string }

/**
 * What fleet's engine would do next: take back what may not stay, then give what waits to the least loaded able machine,
 * ties to the lowest machine id. `jobs` in the order in which they are considered.
 */
export function decidePlacements(jobs: readonly Job[], machines: readonly MachineRecord[]): Placement[] {
  const placements: Placement[] = []
  const targets = new Map(jobs.map((job) => [job.name, job.target]))
  const local = jobs.filter((job) => !job.wanted.global)
  // Thousands of units without a word about their neighbours are placed without a look at them.
  const strangers = jobs.every((job) => job.wanted.conflicts.length === 0)
  for (const job of local) {
    const target = targets.get(job.name) ?? null
    if (target === null) continue
    const alone = strangers && job.wanted.peers.length === 0
    const reason = whyLeave(job, target, alone ? [] : jobs, machines, targets)
    if (reason === null) continue
    targets.set(job.name, null)
    placements.push({ kind: 'unschedule', unit: job.name, reason })
  }
  for (const job of local) {
    if ((targets.get(job.name) ?? null) !== null || job.targetState === 'inactive') continue
    const able = machines
      .map((machine) => ({ machine, load: unitsOn(machine, jobs, targets) }))
      .sort((a, b) => a.load.length - b.load.length || (a.machine.id < b.machine.id ? -1 : 1))
      .find(({ machine, load }) => whyUnable(job, machine, load) === null)
    if (able === undefined) continue
    targets.set(job.name, able.machine.id)
    const reason = `target state ${job.targetState} and unit not scheduled`
    placements.push({ kind: 'schedule', unit: job.name, machine: able.machine.id, reason })
  }
  return placements
}

type Targets = ReadonlyMap<string, string | null>

/** `jobs` are those that it may get on with or not. */
function whyLeave(
  job: Job,
  target: string,
  jobs: readonly Job[],
  machines: readonly MachineRecord[],
  targets: Targets,
): string | null {
  if (job.targetState === 'inactive') return 'target state inactive'
  const machine = machines.find((one) => one.id === target)
  if (machine === undefined) return `target Machine(${target}) went away`
  return whyUnable(job, machine, unitsOn(machine, jobs, targets))
}

/** The units an agent has to run, in the order of `jobs`; of two that conflict the later is left out. */
export function unitsOn(machine: MachineRecord, jobs: readonly Job[], targets: Targets): Job[] {
  const placed = jobs.filter(
    (job) => !job.wanted.global && job.targetState !== 'inactive' && targets.get(job.name) === machine.id,
  )
  for (const job of jobs) {
    if (!job.wanted.global || !hasMetadata(machine.metadata, job.wanted.metadata)) continue
    if (!placed.some((other) => conflict(job, other))) placed.push(job)
  }
  return placed
}

function whyUnable(job: Job, machine: MachineRecord, load: readonly Job[]): string | null {
  const { machineId, metadata, peers } = job.wanted
  if (machineId !== null && !machine.id.startsWith(machineId)) {
    return `agent ID "${machine.id}" does not match required "${machineId}"`
  }
  if (!hasMetadata(machine.metadata, metadata)) return 'local Machine metadata insufficient'
  const missing = peers.find((peer) => !load.some((other) => other.name === peer))
  if (missing !== undefined) return `required peer Unit(${missing}) is not scheduled locally`
  const clash = load.find((other) => conflict(job, other))
  return clash === undefined ? null : `found conflict with locally-scheduled Unit([${clash.name}])`
}

export function conflict(one: Job, other: Job): boolean {
  if (one.name === other.name) return false
  return (
    other.wanted.conflicts.some((glob) => globMatches(glob, one.name)) ||
    one.wanted.conflicts.some((glob) => globMatches(glob, other.name))
  )
}
