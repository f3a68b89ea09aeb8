import { z } from 'zod'
import { aimAt } from './aims.ts'
import { clockText, type Change, type Evidence, type Violation } from './evidence.ts'
import { grouped } from './grouped.ts'
import { contentOf, type Stop, type Story, type Version } from './story.ts'

/**
 * Invariant 5: nobody's refusal, lock, pin, pause, stop of a tier or abort is ever overtaken by a later step. By etcd's own order, in
 * which each of them and each step of a rollout have one place: once it is there, no instance begins any more.
 */
export function notOvertaken(evidence: Evidence, stories: readonly Story[]): Violation[] {
  const locks = locksIn(evidence.changes)
  const stops = stopsOfTiers(evidence.changes)
  return [
    ...stories.flatMap((story) => [...afterStop(story, stops.get(story.tier) ?? []), ...afterLock(story, locks)]),
    ...stories.flatMap((story) => afterPin(story, evidence.changes)),
    ...afterRefusal(evidence, stories),
    ...wishedInVain(evidence),
    ...twice(evidence, stories),
    ...retriedTwice(stories),
  ]
}

/** The units that begin with this version: they waited before it. */
function begun(version: Version, before: Version | undefined): readonly string[] {
  const at = (one: Version | undefined, unit: string): string =>
    one?.is.instances.find((instance) => instance.unit === unit)?.stage ?? 'waiting'
  const begins = new Set(['detaching', 'stopping', 'starting'])
  return version.is.instances.flatMap(({ unit, stage }) =>
    begins.has(stage) && at(before, unit) === 'waiting' ? [unit] : [],
  )
}

const begunAfter = (story: Story, from: number, to: number): readonly { unit: string; at: Change }[] =>
  story.versions.flatMap((version, index) =>
    version.change.revision > from && version.change.revision < to
      ? begun(version, story.versions[index - 1]).map((unit) => ({ unit, at: version.change }))
      : [],
  )

const afterStop = (story: Story, ofTier: readonly Stop[]): Violation[] =>
  [...story.stops, ...ofTier].flatMap(({ what, from, to }) =>
    begunAfter(story, from, to).map(({ unit, at }) => ({
      invariant: 5,
      rollout: story.id,
      message: `began ${unit} at revision ${at.revision} (${clockText(at.by)}), after the ${what} of revision ${from}`,
    })),
  )

const stop = z.object({ kind: z.string() })

/** By tier. A stop is for everybody, until somebody lifts it. */
function stopsOfTiers(changes: readonly Change[]): ReadonlyMap<string, readonly Stop[]> {
  const stops = new Map<string, Stop[]>()
  for (const change of changes) {
    const tier = /^stops\/(.+)$/.exec(change.key)?.[1]
    if (tier === undefined) continue
    const there = stops.get(tier) ?? []
    stops.set(tier, there)
    const last = there.at(-1)
    if (last !== undefined && last.to === Infinity) there[there.length - 1] = { ...last, to: change.revision }
    if (change.value === null || stop.parse(contentOf(change)).kind !== 'stop') continue
    there.push({ what: 'stop of its tier', from: change.revision, to: Infinity })
  }
  return stops
}

interface Held {
  readonly scope: string
  readonly by: string
  readonly from: number
  /** A lock may end by itself; then its end is not known to etcd. */
  readonly to: number
  readonly until: number | null
}

const lock = z.object({ by: z.object({ id: z.string() }), until: z.number().nullable() })

function locksIn(changes: readonly Change[]): readonly Held[] {
  const held: Held[] = []
  for (const change of changes) {
    const scope = /^locks\/(.+)$/.exec(change.key)?.[1]
    if (scope === undefined) continue
    const at = held.findLastIndex((one) => one.scope === scope && one.to === Infinity)
    const last = held[at]
    if (last !== undefined) held[at] = { ...last, to: change.revision }
    if (change.value === null) continue
    const { by, until } = lock.parse(contentOf(change))
    held.push({ scope, by: by.id, from: change.revision, to: Infinity, until })
  }
  return held
}

function afterLock(story: Story, locks: readonly Held[]): Violation[] {
  const there = locks.filter(({ scope, until }) => (scope === story.tier || scope === story.target) && until === null)
  const ownerAt = (revision: number): string =>
    story.takes.findLast(({ from }) => from < revision)?.by ?? story.requestedBy
  return there.flatMap((held) =>
    begunAfter(story, held.from, held.to)
      .filter(({ at }) => ownerAt(at.revision) !== held.by)
      .map(({ unit, at }) => ({
        invariant: 5,
        rollout: story.id,
        message: `began ${unit} at revision ${at.revision} (${clockText(at.by)}) under the lock of ${held.by} on ${held.scope} since revision ${held.from}`,
      })),
  )
}

const pin = z.object({ release: z.object({ digest: z.string() }) })

/** What is pinned to one release gets no other; what takes itself back goes on. */
function afterPin(story: Story, changes: readonly Change[]): Violation[] {
  const pins = changes.filter(({ key }) => key === `pins/${story.target}`)
  return pins.flatMap((change, index) => {
    if (change.value === null) return []
    const { digest } = pin.parse(contentOf(change)).release
    return begunAfter(story, change.revision, pins[index + 1]?.revision ?? Infinity).flatMap(({ unit, at }) => {
      const version = story.versions.find((one) => one.change === at)
      const aim = version === undefined || version.is.rollback?.stage === 'going' ? null : aimAt(version)
      if (aim === null || aim === digest) return []
      const message = `began ${unit} at revision ${at.revision} (${clockText(at.by)}) with ${aim}, after the pin to ${digest} of revision ${change.revision}`
      return [{ invariant: 5, rollout: story.id, message }]
    })
  })
}

/** What the policy forbids never becomes a rollout. */
function afterRefusal({ typed }: Evidence, stories: readonly Story[]): Violation[] {
  return typed.flatMap(({ tag, user, text, forbidden }) =>
    stories
      .filter((story) => forbidden && (story.command.includes(tag) || story.requestedBy === user))
      .map((story) => ({
        invariant: 5,
        rollout: story.id,
        message: `was begun by ${user}, who has no right to: ${text}`,
      })),
  )
}

/** Nor does anything else that it forbids: no lock, no stop and no other wish is of somebody who may not have it. */
function wishedInVain({ typed, changes }: Evidence): Violation[] {
  const may = new Set(typed.filter(({ forbidden }) => !forbidden).map(({ user }) => user))
  const mayNot = typed.filter(({ forbidden, user }) => forbidden && !may.has(user)).map(({ user }) => user)
  return changes.flatMap(({ key, value, revision }) => {
    const who = /^(?:locks|stops|wishes)\//.test(key) ? mayNot.find((user) => value?.includes(`"${user}"`)) : undefined
    if (who === undefined) return []
    return [
      {
        invariant: 5,
        rollout: null,
        message: `${key} was written at revision ${revision} for ${who}, who has no right to`,
      },
    ]
  })
}

/** One command is handled once, whichever replicas heard of it and however often. */
function twice({ typed }: Evidence, stories: readonly Story[]): Violation[] {
  return typed.flatMap(({ tag, text }) => {
    const of = stories.filter((story) => story.command.includes(tag))
    if (of.length <= 1) return []
    const message = `and ${of.length - 1} more were begun by one command: ${text}`
    return [{ invariant: 1, rollout: of[0]?.id ?? null, message }]
  })
}

/** One failed rollout is taken up again once, however many people press its button. */
function retriedTwice(stories: readonly Story[]): Violation[] {
  const retries = stories.filter(({ retryOf }) => retryOf !== null)
  return [...grouped(retries, ({ retryOf }) => `rollout ${retryOf ?? 0}`)].flatMap(([of, all]) => {
    const last = all.at(-1)
    if (last === undefined || all.length === 1) return []
    const before = all.slice(0, -1).map(({ id }) => `rollout ${id}`)
    return [{ invariant: 1, rollout: last.id, message: `takes up ${of} again, and so did ${before.join(' and ')}` }]
  })
}
