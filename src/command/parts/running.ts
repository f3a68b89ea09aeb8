import { keyOfUnit } from '../../domain/proof-key.ts'
import { digestIn, shortDigest, type Release } from '../../domain/release.ts'
import type { Target } from '../../domain/target.ts'
import { series, shortUnit, words } from '../../domain/wording.ts'
import type { UnitView } from '../../ports/scheduler.ts'
import type { QueryContext } from '../context.ts'
import { addressOf, instancesOf, isRunning, type Views } from './fleet.ts'

/** What an instance says it runs. */
type Runs =
  | { readonly kind: 'digest'; readonly digest: string }
  /** A label of none of the releases that are known of the target. */
  | { readonly kind: 'other'; readonly text: string }
  /** It did not say, or there is no way to ask. */
  | { readonly kind: 'silent' }

export interface RunningInstance {
  readonly unit: string
  readonly runs: Runs
}

/** What each instance that is wanted running and runs says of its release; null when the fleet is away. Never rejects. */
export async function runningOf(
  target: Target,
  known: readonly (Release | null)[],
  views: Views,
  { read, catalog }: Pick<QueryContext, 'read' | 'catalog'>,
): Promise<readonly RunningInstance[] | null> {
  const view = views.get(target.tier)
  if (view?.kind !== 'known') return null
  const units = instancesOf(view, target, catalog).filter((unit) => unit.wanted === 'launched' && isRunning(unit))
  return Promise.all(
    units.map(async (unit) => ({
      unit: unit.unit,
      runs: runsOf(await saidBy(unit, target, read), target, known, read),
    })),
  )
}

async function saidBy(unit: UnitView, target: Target, read: QueryContext['read']): Promise<string | null> {
  const proof = read.releases.proof(target)
  if (proof.by === 'none') return null
  if (proof.by === 'key') {
    const answer = await read.releases.announced(keyOfUnit(proof.key, unit.unit))
    return answer.kind === 'known' ? answer.value : null
  }
  const ip = addressOf(unit)
  const answer = ip === null ? null : await read.health.check(target.service, ip)
  return answer?.kind === 'healthy' ? (answer.says ?? null) : null
}

function runsOf(
  said: string | null,
  target: Target,
  known: readonly (Release | null)[],
  read: QueryContext['read'],
): Runs {
  if (said === null) return { kind: 'silent' }
  const proof = read.releases.proof(target)
  if (proof.by === 'label') {
    const found = known.find((release) => release?.[proof.label] === said)
    return found ? { kind: 'digest', digest: found.digest } : { kind: 'other', text: said }
  }
  const digest = digestIn(said)
  return digest === null ? { kind: 'other', text: said } : { kind: 'digest', digest }
}

/** Escaped: `v2 (sha256:…) on api@1 and api@2`. */
export function runningGroups(
  running: readonly RunningInstance[],
  textOf: (digest: string) => string = shortDigest,
): readonly string[] {
  const groups = new Map<string, string[]>()
  for (const { unit, runs } of running) {
    const what =
      runs.kind === 'digest'
        ? textOf(runs.digest)
        : runs.kind === 'other'
          ? `"${runs.text.slice(0, 60)}"`
          : 'unverified'
    groups.set(what, [...(groups.get(what) ?? []), shortUnit(unit)])
  }
  return [...groups].map(([what, units]) =>
    groups.size === 1
      ? `${words(what)} on all ${running.length}`
      : `${words(what)} on ${units.length > 4 ? `${units.length} instances` : series(units)}`,
  )
}

/** Those that say they run something else. */
export const othersThan = (running: readonly RunningInstance[], digest: string): readonly RunningInstance[] =>
  running.filter(({ runs }) => runs.kind === 'other' || (runs.kind === 'digest' && runs.digest !== digest))
