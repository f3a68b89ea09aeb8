import { releaseText, shortDigest, type Release, type WantedAt } from './release.ts'
import { whereText } from './release-words.ts'

/** Where what should run and what runs have parted. Pure; every text is for people and not escaped. */

/** What the rollouts of a target left there. */
export interface Left {
  /** The last rollout that ended, however; null when none did. */
  readonly ended: { readonly id: number; readonly at: number } | null
  /** The last one that succeeded, and the units that it left wanted running; null when none did, or it is not kept any more. */
  readonly well: { readonly id: number; readonly units: readonly string[] } | null
  /** The last one that began, and the units that should exist since then, whether or not it succeeded. */
  readonly meant?: { readonly id: number; readonly units: readonly string[] } | null
  /** Copies that the last one did not see stop. */
  readonly copies?: readonly LeftCopy[]
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
  readonly left: Left['well']
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
  return [
    ...wantedDrift(input),
    ...countDrift(input),
    ...input.instances.flatMap((one) => instanceDrift(one, input)),
    ...copyDrift(input),
  ]
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
  const expected = new Set(left.units)
  const missing = left.units.filter((unit) => !there.has(unit))
  const extra = instances.filter((one) => one.wanted && !expected.has(one.unit)).map((one) => one.unit)
  return [
    ...missing.map((unit) => finding('missing', `${unit} is missing: rollout ${left.id} left it running`)),
    ...extra.map((unit) => finding('extra', `${unit} is extra: rollout ${left.id} left no such instance`)),
  ]
}

function instanceDrift(one: DriftInstance, { wanted, left }: DriftInput): readonly Finding[] {
  if (!one.wanted) {
    return left?.units.includes(one.unit) === true
      ? [finding('idle', `${one.unit} is not wanted running any more: rollout ${left.id} left it running`)]
      : []
  }
  if (!one.running) return [finding('down', `${one.unit} is wanted running, and does not run`)]
  const other = one.says !== null && typeof wanted === 'string' && !one.says.includes(wanted)
  return [
    ...(other ? [finding('release', `${one.unit} runs ${saidText(one.says)}, which is not what is wanted`)] : []),
    ...(one.oldFile ? [finding('file', `${one.unit} runs an old unit file`)] : []),
  ]
}

const saidText = (says: string): string => (says.startsWith('sha256:') ? shortDigest(says) : `"${says.slice(0, 60)}"`)
