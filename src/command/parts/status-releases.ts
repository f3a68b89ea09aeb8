import { keyOfUnit } from '../../domain/proof-key.ts'
import { releaseName, shortDigest, type Release } from '../../domain/release.ts'
import type { Target } from '../../domain/target.ts'
import { words } from '../../domain/wording.ts'
import type { UnitView } from '../../ports/scheduler.ts'
import type { Readers } from '../../services/capabilities.ts'
import { isRunning } from './fleet.ts'
import { pastOf, type Past } from './past.ts'
import { runsOf } from './running.ts'
import { wantedOf, wantedText } from './target-releases.ts'

/** What `status` says of a target's releases. Escaped. */
export interface StatusReleases {
  readonly past: Past
  /** What is wanted. */
  readonly lines: readonly string[]
  /** What this instance says it runs; `inHealth` is what stood in its health answer. */
  textOf(unit: string, inHealth: string | null): readonly string[]
}

/**
 * `alone`: it is the one target that was asked for. Only then is it looked up what is wanted, and what instances wrote to
 * their keys: a look at all of a tier asks nobody but its instances. Throws `StoreUnavailable`.
 */
export async function statusReleases(
  target: Target,
  units: readonly UnitView[],
  alone: boolean,
  read: Readers,
): Promise<StatusReleases> {
  const known = read.releases.at(target) !== null
  const [past, wanted, written] = await Promise.all([
    pastOf(target, read),
    known && alone ? wantedOf(target, read) : null,
    known && alone ? writtenBy(target, units, read) : null,
  ])
  const { good } = past
  if (!known) return { past, lines: [], textOf: () => [] }
  const release = wanted?.kind === 'release' ? wanted.release : null
  const named = [good?.release ?? null, release]
  return {
    past,
    lines: wanted === null ? [] : [`Wanted: ${wantedText({ wanted, good })}`],
    textOf(unit, inHealth) {
      const said = read.releases.proof(target).by === 'key' ? (written?.get(unit) ?? null) : inHealth
      const runs = runsOf(said, target, named, read)
      switch (runs.kind) {
        case 'silent':
          return []
        case 'other':
          return [`runs "${words(runs.text.slice(0, 60))}"`]
        case 'digest': {
          const text = `runs ${words(nameOf(runs.digest, named))}`
          return [release === null || release.digest === runs.digest ? text : `*${text}*`]
        }
      }
    },
  }
}

async function writtenBy(
  target: Target,
  units: readonly UnitView[],
  read: Readers,
): Promise<ReadonlyMap<string, string | null>> {
  const proof = read.releases.proof(target)
  if (proof.by !== 'key') return new Map()
  const answers = await Promise.all(
    units.filter(isRunning).map(async ({ unit }) => {
      const answer = await read.releases.announced(keyOfUnit(proof.key, unit))
      return [unit, answer.kind === 'known' ? answer.value : null] as const
    }),
  )
  return new Map(answers)
}

function nameOf(digest: string, known: readonly (Release | null)[]): string {
  const found = known.find((one) => one?.digest === digest)
  return found ? releaseName(found) : shortDigest(digest)
}
