import type { OldCopy } from '../domain/instance-watch.ts'
import type { InstanceState } from '../domain/rollout.ts'
import type { UnitView } from '../ports/scheduler.ts'
import type { Draft } from './draft.ts'
import type { Look } from './look.ts'
import { isDead, isStopped, stateText } from './observation.ts'

/**
 * Keeps the copies of instances that were not seen to stop. A machine that is cut off from the cluster keeps its processes
 * running while fleet starts a second copy elsewhere (network-partition). A machine that is listed again has ended them.
 */
export function watchCopies(draft: Draft, look: Look): void {
  for (const instance of draft.rollout.instances) {
    if (draft.full) return
    const view = look.units.get(instance.unit)
    if (view !== undefined) watch(draft, instance, view, look)
  }
}

/** The name under which the health of an old copy is kept beside that of the units. */
export const copyKey = (unit: string, machine: string): string => `${unit} on ${machine}`

function watch(draft: Draft, instance: InstanceState, view: UnitView, look: Look): void {
  const { unit, stage } = instance
  const [live, ...more] = view.reports.filter((report) => report.active !== '' && !isDead(report))
  const here = more.length === 0 && live !== undefined ? { machine: live.machine, ip: live.ip } : null
  const before = lastPlace(instance)
  const moved = here !== null && before !== null && before.machine !== here.machine
  const known = instance.copies ?? []
  const all =
    moved && known.every(({ machine }) => machine !== before.machine) ? [...known, { ...before, answers: null }] : known
  const copies = all
    .filter(({ machine }) => machine !== here?.machine && !isSeenStopped(machine, view, look))
    .map((copy) => asked(unit, copy, look))
  if (JSON.stringify(copies) !== JSON.stringify(known)) draft.patch(unit, { copies })
  const on = here ?? (isStopped(view) && view.sameFor.views >= look.patience.views ? null : undefined)
  if (on !== undefined && (on === null ? before !== null : on.machine !== before?.machine)) draft.patch(unit, { on })
  if (moved && stage === 'waiting') {
    const reason = `fleet moved it before its turn (now ${stateText(view)})`
    draft.patch(unit, { before: { ...instance.before, machine: here.machine, ip: here.ip } })
    draft.fact({ kind: 'outside', unit, did: 'moved', reason })
  }
}

function lastPlace({
  on,
  machine,
  before,
}: InstanceState): { readonly machine: string; readonly ip: string | null } | null {
  if (on !== undefined) return on
  if (machine !== null) return { machine: machine.id, ip: machine.ip }
  return before.machine === null ? null : { machine: before.machine, ip: before.ip }
}

/** Its own report says so, or the machine is listed and does not report it. */
function isSeenStopped(machine: string, view: UnitView, look: Look): boolean {
  const report = view.reports.find((one) => one.machine === machine)
  if (report !== undefined) return isDead(report)
  return look.machines.has(machine) && view.sameFor.views >= look.patience.views
}

function asked(unit: string, copy: OldCopy, look: Look): OldCopy {
  const health = look.seen.health.get(copyKey(unit, copy.machine))
  const answers = health === undefined ? copy.answers : health.last.kind === 'healthy'
  return answers === copy.answers ? copy : { ...copy, answers }
}
