import { keyOfUnit } from '../../domain/proof-key.ts'
import { digestIn, shortDigest, type Release } from '../../domain/release.ts'
import type { Target } from '../../domain/target.ts'
import { series, shortUnit, words } from '../../domain/wording.ts'
import type { UnitView } from '../../ports/scheduler.ts'
import type { QueryContext } from '../define.ts'
import { addressOf, copiesOf, isRunning, type Views } from './fleet.ts'

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
  /** What tells its process from the next one; null when its gate does not say, or was not asked. */
  readonly identity: string | null
}

/**
 * What each instance that is wanted running and runs says of its release; null when the fleet is away. With `identities`
 * each is asked which process it is, where its health answer says so. Never rejects.
 */
export async function runningOf(
  target: Target,
  known: readonly (Release | null)[],
  views: Views,
  { read, catalog }: Pick<QueryContext, 'read' | 'catalog'>,
  { identities = false }: { readonly identities?: boolean } = {},
): Promise<readonly RunningInstance[] | null> {
  const view = views.get(target.tier)
  if (view?.kind !== 'known') return null
  const copies = copiesOf(view, target, catalog).filter(({ unit }) => unit.wanted === 'launched' && isRunning(unit))
  const { health } = catalog.serviceConfig(target.service)
  const tells = identities && health.kind === 'http' && health.identity !== undefined
  return Promise.all(
    copies.map(async ({ name, unit }) => {
      const { said, identity } = await saidBy(unit, target, read, tells)
      return { unit: name, runs: runsOf(said, target, known, read), identity }
    }),
  )
}

async function saidBy(
  unit: UnitView,
  target: Target,
  read: QueryContext['read'],
  identity: boolean,
): Promise<{ readonly said: string | null; readonly identity: string | null }> {
  const proof = read.releases.proof(target)
  const inHealth = proof.by === 'health' || proof.by === 'label'
  const ip = inHealth || identity ? addressOf(unit) : null
  const [answer, written] = await Promise.all([
    ip === null ? null : read.health.check(target.service, ip, unit.unit),
    proof.by === 'key' ? read.releases.announced(keyOfUnit(proof.key, unit.unit)) : null,
  ])
  const healthy = answer?.kind === 'healthy' ? answer : null
  const said = inHealth ? (healthy?.says ?? null) : written?.kind === 'known' ? written.value : null
  return { said, identity: healthy?.identity ?? null }
}

/** What its words stand for: a digest, or a label of a release that is known. */
export function runsOf(
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
