import type { OldCopy } from './instance-watch.ts'
import type { Rollout } from './rollout.ts'
import { series, shortUnit, words } from './wording.ts'

/** Copies that a rollout did not see stop: their machine left the cluster, and fleet started the instance elsewhere. */

interface UnitCopy extends OldCopy {
  readonly unit: string
}

export const oldCopiesOf = ({ instances }: Pick<Rollout, 'instances'>): readonly UnitCopy[] =>
  instances.flatMap(({ unit, copies = [] }) => copies.map((copy) => ({ ...copy, unit })))

const placeOf = ({ machine, ip }: Pick<OldCopy, 'machine' | 'ip'>): string => ip ?? machine.slice(0, 8)

/** For the thread, escaped; null when every old copy was seen to stop. */
export function oldCopiesText(rollout: Pick<Rollout, 'instances' | 'plan'>): string | null {
  const copies = oldCopiesOf(rollout)
  if (copies.length === 0) return null
  const named = copies.map((copy) => `${shortUnit(copy.unit)} on ${words(placeOf(copy))}`)
  const answering = copies.filter(({ answers }) => answers === true).map((copy) => words(placeOf(copy)))
  const may =
    answering.length > 0
      ? `The health check still answers on ${series(answering)}.`
      : 'An old copy may still run there and serve with the release of before.'
  return `Opsee did not see the old copy of ${series(named)} stop: the machine left the cluster. ${may} fleet ends it when the machine is back; \`@opsee drift ${rollout.plan.tier}\` keeps checking.`
}

/** "1 old copy not seen to stop"; null for none. */
export function oldCopiesCount(rollout: Pick<Rollout, 'instances'>): string | null {
  const { length } = oldCopiesOf(rollout)
  return length === 0 ? null : `${length} old ${length === 1 ? 'copy' : 'copies'} not seen to stop`
}
