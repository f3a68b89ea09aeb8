import type { LastAttempt } from './last-attempt.ts'
import type { Meant, MeantUnit } from './meant.ts'
import { releaseText, shortDigest, type Release, type WantedAt } from './release.ts'
import { whereText } from './release-words.ts'
import type { Unreadable } from './unreadable.ts'
import { series } from './wording.ts'

/** Where what should run and what runs have parted. Pure; every text is for people and not escaped. */

/** What the rollouts of a target left there. */
export interface Left {
  /** The last rollout that began and ended, however it ended; null when none did. */
  readonly ended: LastAttempt | null
  /** Null when no rollout ended, its record is not kept any more, or a record on the way to it cannot be read. */
  readonly meant: Meant | null
  /** Copies that the last one did not see stop. */
  readonly copies?: readonly LeftCopy[]
  readonly unreadable: readonly Unreadable[]
}

/** A copy of an instance that rollout `id` did not see stop. */
export interface LeftCopy {
  readonly id: number
  readonly unit: string
  readonly machine: string
  readonly ip: string | null
}

/** What is known of one target at one time. */
export interface DriftInput {
  /** Where its units look up what to pull; null where nothing is known of its releases. */
  readonly at: WantedAt | null
  /** What is wanted there: a digest, null for nothing; undefined when nobody can say. */
  readonly wanted: string | null | undefined
  /** The last good release, and the rollout that left it. */
  readonly good: { readonly id: number; readonly release: Release | null } | null
  readonly left: Left['meant']
  /** A rollout of the target has ended. A target that was never rolled out was never left in any state. */
  readonly rolled: boolean
  readonly instances: readonly DriftInstance[]
  /** Old copies whose machine is still out of the cluster; `answers` is whether their health check does, null when nobody could ask. */
  readonly copies?: readonly (LeftCopy & { readonly answers: boolean | null })[]
}

export interface DriftInstance {
  readonly unit: string
  /** It is wanted running. */
  readonly wanted: boolean
  readonly running: boolean
  /** What it says that it runs: a digest, or other words; null when it does not say. */
  readonly says: string | null
  /** The unit file that it runs is not that of its template any more. */
  readonly oldFile: boolean
  /** Content hash of the unit file that it runs; null when nothing shows it. */
  readonly file: string | null
  /** A copy of a unit that fleet itself runs on every machine: no rollout has to have left it. */
  readonly everywhere: boolean
}

export interface Finding {
  readonly kind:
    /** What is wanted is not what a rollout left well. */
    | 'wanted'
    | 'missing'
    | 'extra'
    /** Nobody wants it running any more. */
    | 'idle'
    | 'down'
    /** It runs another release than what is wanted. */
    | 'release'
    /** It runs an old unit file. */
    | 'file'
    /** An old copy was not seen to stop. */
    | 'copy'
  readonly text: string
}

/** Each finding once; none when all is as it should be. */
export function driftOf(input: DriftInput): readonly Finding[] {
  const found = input.rolled
    ? [
        ...wantedDrift(input),
        ...countDrift(input),
        ...input.instances.flatMap((one) => instanceDrift(one, input)),
        ...copyDrift(input),
      ]
    : input.instances.flatMap((one) => (one.everywhere && one.wanted && !one.running ? [downDrift(one)] : []))
  return found.some(({ kind }) => kind === 'file') ? found : [...found, ...fileDrift(input)]
}

/** Instances of one target run different unit files, and no template says which file is the right one. */
function fileDrift({ instances }: DriftInput): readonly Finding[] {
  const known = instances.flatMap(({ unit, wanted, file }) => (wanted && file !== null ? [{ unit, file }] : []))
  const files = new Set(known.map((one) => one.file)).size
  if (files < 2) return []
  const names = known.length > 4 ? `its ${known.length} instances` : series(known.map((one) => one.unit))
  return [finding('file', `${names} run ${files} different unit files`)]
}

function copyDrift({ copies = [] }: DriftInput): readonly Finding[] {
  return copies.map(({ id, unit, machine, ip, answers }) => {
    const now = answers === true ? 'and it still answers there' : 'and that machine is not back in the cluster'
    return finding(
      'copy',
      `rollout ${id} did not see the old copy of ${unit} stop on ${ip ?? machine.slice(0, 8)}, ${now}`,
    )
  })
}

const finding = (kind: Finding['kind'], text: string): Finding => ({ kind, text })

function wantedDrift({ at, wanted, good }: DriftInput): readonly Finding[] {
  if (at === null || wanted === undefined || !good?.release || wanted === good.release.digest) return []
  const names = wanted === null ? 'nothing' : shortDigest(wanted)
  const text = `${whereText(at)} names ${names}, and rollout ${good.id} left ${releaseText(good.release)} well: it was moved outside of Opsee, or by a rollout that did not end well`
  return [finding('wanted', text)]
}

function countDrift({ left, instances }: DriftInput): readonly Finding[] {
  if (left === null) return []
  const there = new Set(instances.map((one) => one.unit))
  const meant = new Map(left.units.map((one) => [one.unit, one]))
  const missing = left.units.filter((one) => !one.stopped && !there.has(one.unit))
  const extra = instances.filter((one) => one.wanted && meant.get(one.unit)?.stopped !== false)
  return [
    ...missing.map((one) => finding('missing', `${one.unit} is missing: ${leftText(one)}`)),
    ...extra.map(({ unit }) => {
      const known = meant.get(unit)
      return known === undefined
        ? finding('extra', `${unit} is extra: rollout ${left.id} left no such instance`)
        : finding('extra', `${unit} was started outside of Opsee: rollout ${known.id} left it stopped`)
    }),
  ]
}

function leftText({ id, how }: MeantUnit): string {
  switch (how) {
    case 'running':
      return `rollout ${id} left it running`
    case 'failed':
      return `rollout ${id} did not end well with it`
    case 'left-out':
      return `rollout ${id} left it out of its plan`
  }
}

function instanceDrift(one: DriftInstance, { wanted, left }: DriftInput): readonly Finding[] {
  if (!one.wanted) {
    const meant = left?.units.find(({ unit }) => unit === one.unit)
    if (meant === undefined || meant.stopped) return []
    return [finding('idle', `${one.unit} is not wanted running any more: ${leftText(meant)}`)]
  }
  if (!one.running) return [downDrift(one)]
  const other = one.says !== null && typeof wanted === 'string' && !one.says.includes(wanted)
  return [
    ...(other ? [finding('release', `${one.unit} runs ${saidText(one.says)}, which is not what is wanted`)] : []),
    ...(one.oldFile ? [finding('file', `${one.unit} runs an old unit file`)] : []),
  ]
}

const downDrift = ({ unit }: DriftInstance): Finding => finding('down', `${unit} is wanted running, and does not run`)

const saidText = (says: string): string => (says.startsWith('sha256:') ? shortDigest(says) : `"${says.slice(0, 60)}"`)
