import type { Unreadable } from '../../domain/unreadable.ts'
import { lastFailureText, type LastAttempt } from '../../domain/last-attempt.ts'
import { releaseText, shortDigest, type Release } from '../../domain/release.ts'
import type { Target } from '../../domain/target.ts'
import { ago, words } from '../../domain/wording.ts'
import { RegistryFault } from '../../ports/registry.ts'
import type { LastGood } from '../../services/capabilities.ts'
import type { QueryContext } from '../define.ts'
import type { Views } from './fleet.ts'
import { pastOf } from './past.ts'
import { othersThan, runningGroups, runningOf, type RunningInstance } from './running.ts'

/** What one target should run, what it runs, and what was well there. */
export interface TargetReleases {
  readonly target: Target
  readonly wanted:
    | { readonly kind: 'release'; readonly release: Release }
    | { readonly kind: 'nothing' }
    | { readonly kind: 'unknown'; readonly reason: string }
  /** Null when the fleet is away. */
  readonly running: readonly RunningInstance[] | null
  readonly good: LastGood | null
  readonly last: LastAttempt | null
  readonly unreadable: readonly Unreadable[]
}

type Context = Pick<QueryContext, 'read' | 'catalog'>

/** Throws `StoreUnavailable`. */
export async function releasesOf(target: Target, views: Views, context: Context): Promise<TargetReleases> {
  const { read } = context
  const [wanted, past] = await Promise.all([wantedOf(target, read), pastOf(target, read)])
  const known = [wanted.kind === 'release' ? wanted.release : null, past.good?.release ?? null]
  return { target, wanted, ...past, running: await runningOf(target, known, views, context) }
}

export async function wantedOf(target: Target, read: Context['read']): Promise<TargetReleases['wanted']> {
  const now = await read.releases.wanted(target)
  if (now.kind === 'unknown') return now
  if (now.digest === null) return { kind: 'nothing' }
  return { kind: 'release', release: await describedAs(target.service, now.digest, read) }
}

/** With what its labels say; the digest alone where the registry does not tell. */
export async function describedAs(service: string, digest: string, read: Context['read']): Promise<Release> {
  try {
    return await read.releases.describe(service, digest, null)
  } catch (error) {
    if (!(error instanceof RegistryFault)) throw error
    return { digest, tag: null, revision: null, version: null, source: null, builtAt: null }
  }
}

/** How the releases of a target are called: by what is known of them. */
const nameIn =
  ({ wanted, good }: Pick<TargetReleases, 'wanted' | 'good'>) =>
  (digest: string): string => {
    // The one that was rolled out also knows by which tag it was asked for.
    const known = [good?.release, wanted.kind === 'release' ? wanted.release : null]
    const found = known.find((one) => one?.digest === digest)
    return found ? releaseText(found) : shortDigest(digest)
  }

/** Escaped. */
export function wantedText({ wanted, good }: Pick<TargetReleases, 'wanted' | 'good'>): string {
  switch (wanted.kind) {
    case 'release':
      return words(nameIn({ wanted, good })(wanted.release.digest))
    case 'nothing':
      return 'nothing'
    case 'unknown':
      return `unknown: ${words(wanted.reason)}`
  }
}

/** `all of it on that`, or what runs where. Escaped. */
export function runsText(releases: TargetReleases): string {
  const { running, wanted } = releases
  if (running === null) return 'fleet is away'
  if (running.length === 0) return 'nothing runs'
  const silent = running.filter(({ runs }) => runs.kind === 'silent').length
  if (silent === running.length) return 'what runs is unverified'
  const groups = runningGroups(running, nameIn(releases))
  // From what is wanted; where nobody can say what that is, from one another.
  const parted = wanted.kind === 'release' ? othersThan(running, wanted.release.digest).length > 0 : groups.length > 1
  if (wanted.kind === 'release' && !parted && silent === 0) return `all ${running.length} run it`
  return `${parted ? '*parted*: ' : ''}${groups.join('; ')}`
}

/** Escaped. */
export function goodText(releases: TargetReleases, now: number): string {
  const { good, wanted, last, unreadable } = releases
  const failure = lastFailureText(last, now)
  const rest = failure === null ? '' : `; *${failure}*`
  if (good === null || good.release === null) {
    const unread = unreadable.some(({ key }) => key.endsWith('/current'))
    return `${unread ? 'its last good release cannot be read' : 'no release was seen to be well'}${rest}`
  }
  const same = wanted.kind === 'release' && wanted.release.digest === good.release.digest
  const name = same ? 'the same' : words(releaseText(good.release))
  return `last good: ${name}, rollout ${good.id}, ${ago(good.at, now)}${rest}`
}
