import { templateOf } from '../domain/unit-name.ts'
import { runsOtherFile, type ClusterView, type UnitView } from '../ports/scheduler.ts'

/**
 * Which units do not run what their template says. An instance keeps the content that its template had when it was made:
 * a restart runs that again, and only destroying it and making it anew takes up another one (changed-unit-file).
 */

type Cluster = Pick<Extract<ClusterView, { kind: 'known' }>, 'units' | 'templates'>

/** Of these, with the hash that each would have if it were made anew now. */
export const staleUnits = (units: readonly string[], cluster: Cluster): { unit: string; hash: string }[] =>
  units.flatMap((unit) => {
    const hash = cluster.templates.get(templateOf(unit) ?? '')
    const view = cluster.units.get(unit)
    return hash !== undefined && view !== undefined && runsOtherFile(view, hash) ? [{ unit, hash }] : []
  })

/** Why what runs now is not what was planned; null when it is. */
export function wrongContent(
  unit: string,
  renews: readonly { readonly unit: string; readonly hash: string }[],
  view: UnitView,
): string | null {
  const planned = renews.find((one) => one.unit === unit)
  if (planned === undefined || !runsOtherFile(view, planned.hash)) return null
  const hash = view.reports.find((report) => report.hash !== '' && report.hash !== planned.hash)?.hash ?? view.hash
  return `runs the unit file ${short(hash)}, and not ${short(planned.hash)} as planned`
}

/** Why it cannot be made anew as planned; null when it can. What is missing may only be missing in one list. */
export function changedTemplate(
  renews: readonly { readonly unit: string; readonly hash: string }[],
  templates: ReadonlyMap<string, string>,
): { readonly kind: 'changed' | 'missing'; readonly reason: string } | null {
  for (const { unit, hash } of renews) {
    const template = templateOf(unit) ?? unit
    const now = templates.get(template)
    if (now === undefined) return { kind: 'missing', reason: `cannot be made anew: fleet has no ${template} any more` }
    if (now !== hash) {
      const reason = `was left as it is: ${template} changed once more since the plan was made`
      return { kind: 'changed', reason }
    }
  }
  return null
}

/** As fleetctl shows it. */
const short = (hash: string | null): string => hash?.slice(0, 7) ?? 'of nobody knows what'
