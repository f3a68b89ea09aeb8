import { aimOf } from './aim.ts'
import { durationText } from './duration.ts'
import type { Fact } from './event.ts'
import { releaseText, shortDigest, type WantedAt } from './release.ts'
import type { PlannedRelease } from './plan.ts'
import type { Rollout } from './rollout.ts'
import { clockText, count, personText, series, shortUnit, words } from './wording.ts'

/** What the thread and the timeline say of releases. Escaped. */

const releaseFacts = [
  'release-moving',
  'release-moved',
  'early',
  'canary-steady',
  'canary-passed',
  'rollback-due',
  'rollback-put-off',
  'rollback-stopped',
  'rolling-back',
  'rolled-again',
] as const
export type ReleaseFact = Extract<Fact, { kind: (typeof releaseFacts)[number] }>

export const isReleaseFact = (fact: Fact): fact is ReleaseFact => releaseFacts.some((kind) => kind === fact.kind)

/** `the tag production of quay.io/opsee/api`, `the key /opsee.co/…`. Not escaped. */
export const whereText = (at: WantedAt): string =>
  at.by === 'tag' ? `the tag ${at.tag} of ${at.image}` : `the key ${at.key}`

/** Of the release that `rollout` is about. */
export function releaseFactText(fact: ReleaseFact, rollout: Pick<Rollout, 'id' | 'plan' | 'rollback'>): string {
  const { id } = rollout
  const at = rollout.plan.release?.at
  const where = at === undefined ? 'the wanted release' : words(whereText(at))
  switch (fact.kind) {
    case 'release-moving':
      return `Release: ${where} is moved from ${fact.from === null ? 'nothing' : shortDigest(fact.from)} to ${words(releaseText(fact.to))}.`
    case 'release-moved':
      return fact.again
        ? `Release: ${where} names ${words(releaseText(fact.to))}.`
        : `Release: ${where} was seen to name ${words(releaseText(fact.to))} now.`
    case 'early':
      return `${shortUnit(fact.unit)} runs ${words(releaseText(fact.to))} before its turn: it was started again by systemd or fleet. Its turn comes all the same.`
    case 'canary-steady':
      return `The canary serves. It must do so for ${durationText(fact.forMs)} before the next batch begins; \`@opsee continue ${id}\` goes on at once.`
    case 'canary-passed':
      return `The canary served for ${durationText(Math.max(1000, Math.round(fact.afterMs / 1000) * 1000))}${fact.by === null ? '' : `, and ${personText(fact.by)} lets it go on`}.`
    case 'rollback-due':
      return `It failed: ${words(fact.reason)}. It rolls back to ${words(releaseText(fact.to))}, which ${fact.id === null ? 'ran well before' : `rollout ${fact.id} left well`}, at ${clockText(fact.dueAt)} (in ${durationText(fact.forMs)}). \`@opsee abort ${id}\` leaves it as it is, \`@opsee continue ${id}\` rolls it back at once, \`@opsee continue ${id} --in 5m\` in five minutes. Migrations are not undone.`
    case 'rollback-put-off':
      return `${personText(fact.by)} puts the rollback off: it begins at ${clockText(fact.dueAt)} (in ${durationText(fact.forMs)}).`
    case 'rollback-stopped':
      return `${personText(fact.by)} stopped the rollback${fact.reason === null ? '' : ` ("${words(fact.reason)}")`}: it stays as it is.`
    case 'rolling-back':
      return `Rolling back to ${words(releaseText(fact.to))} now${fact.by === null ? '' : `, as ${personText(fact.by)} says`}: ${fact.units.length === 0 ? 'no instance had been changed' : `${unitsText(fact.units)} ${fact.units.length === 1 ? 'is' : 'are'} rolled once more`}.`
    case 'rolled-again':
      return `Now that ${where} names ${words(releaseText(fact.to))} again, ${strayText(fact.strays)}: ${fact.strays.length === 1 ? 'it is' : 'they are'} rolled once more.`
  }
}

const strayText = (strays: Extract<ReleaseFact, { kind: 'rolled-again' }>['strays']): string =>
  strays.length > 4
    ? `${count(strays.length, 'instance')} do not run it`
    : series(strays.map(({ unit, why }) => `${shortUnit(unit)} ${words(why)}`))

const unitsText = (units: readonly string[]): string =>
  units.length > 4 ? count(units.length, 'instance') : series(units.map(shortUnit))

/**
 * What is wanted and what runs, once it has ended with not all of it on one release: "the tag production of … names v2; as last
 * seen, api@1 runs it, api@2 runs sha256:…". Null where nothing is known of releases, or all of it agrees.
 */
export function releaseStateText(rollout: Rollout): string | null {
  const aim = aimOf(rollout)
  const { release, instances, phase } = rollout
  if (aim === null || release === null) return null
  const agrees = (digest: string | null | undefined): boolean => digest === undefined || digest === aim.to.digest
  const well = phase === 'succeeded' || phase === 'rolled-back'
  if (well && agrees(release.names) && instances.every(({ runs }) => agrees(runs ?? undefined))) return null
  const groups = new Map<string, string[]>()
  for (const { unit, runs } of instances) {
    const it = runs === aim.to.digest && agrees(release.names) ? 'it' : shortDigest(runs ?? '')
    const says = runs === null ? 'does not say what it runs' : `runs ${it}`
    groups.set(says, [...(groups.get(says) ?? []), shortUnit(unit)])
  }
  const running = [...groups].map(
    ([runs, units]) =>
      `${units.length > 4 ? count(units.length, 'instance') : series(units)} ${units.length === 1 ? runs : runs.replace(/^runs/, 'run').replace(/^does/, 'do').replace('it runs', 'they run')}`,
  )
  return `Releases: ${words(whereText(aim.at))} ${namesText(aim, release)}; as last seen, ${running.join(', ')}.`
}

function namesText({ to }: PlannedRelease, { stage, names }: NonNullable<Rollout['release']>): string {
  const planned = words(releaseText(to))
  if (names === to.digest) return `names ${planned}`
  if (names === undefined) {
    switch (stage) {
      case 'moved':
        return `named ${planned} when it was last seen`
      case 'moving':
        return `was told to name ${planned}, and was not seen to`
      case 'waiting':
        return 'was not moved'
    }
  }
  const now = names === null ? 'nothing' : shortDigest(names)
  switch (stage) {
    case 'moved':
      return `names ${now}, and no longer ${planned}: somebody else moved it`
    case 'moving':
      return `names ${now}, though it was told to name ${planned}`
    case 'waiting':
      return `was not moved, and names ${now}`
  }
}
