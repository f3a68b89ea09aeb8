import { durationText } from '../domain/duration.ts'
import type { Draft } from './draft.ts'
import type { Look } from './look.ts'

/**
 * Says once of each instance that its machine left the cluster, when that was, and once that the machine is back. After a
 * freeze of etcd all machines vanish for 10 to 20 s, so a machine counts as gone only after longer than that.
 */
export function sayMachinesLeft(draft: Draft, look: Look): void {
  for (const { unit, machine, before, machineLeft } of draft.rollout.instances) {
    if (draft.full) return
    if (machineLeft !== undefined) {
      if (!look.machines.has(machineLeft)) continue
      draft.patch(unit, { machineLeft: undefined })
      draft.fact({
        kind: 'outside',
        unit,
        did: 'returned',
        reason: `its machine ${short(machineLeft)} is back in the cluster`,
      })
      continue
    }
    const at = machine ?? { id: before.machine, ip: before.ip }
    const left = look.left.find((one) => one.id === at.id)
    if (left === undefined || at.id === null) continue
    const goneMs = look.moment.monotonic - left.missedAt
    if (goneMs < look.patience.graceMs) continue
    draft.patch(unit, { machineLeft: at.id })
    const when = durationText(Math.floor(goneMs / 1000) * 1000)
    const reason = `its machine ${at.ip ?? short(at.id)} left the cluster ${when} ago, and what it ran may still run there`
    draft.fact({ kind: 'outside', unit, did: 'left', reason })
    draft.say(`${unit}: ${reason}`)
  }
}

const short = (id: string): string => id.slice(0, 8)
