import type { Config } from '../config/schema.ts'
import type { Blocker, PlannedRelease } from '../domain/plan.ts'
import { whereText } from '../domain/release-words.ts'
import type { Release } from '../domain/release.ts'
import type { Target } from '../domain/target.ts'
import type { Clock } from '../ports/clock.ts'
import { RegistryFault } from '../ports/registry.ts'
import type { PlanRequest, Readers } from '../services/capabilities.ts'
import { orderRules } from './release-order.ts'
import { pinRules } from './release-pin.ts'
import { takenBackTo, type TakingBack } from './plan-rollback.ts'

/** What a plan needs to know of releases. */
export interface ReleaseInput extends Pick<TakingBack, 'rollback' | 'standby'> {
  readonly release: PlannedRelease | null
  /** Why nobody knows what the units would pull; null when that is known, or nobody wants to know. */
  readonly noRelease: string | null
  /** Rules that stand in the way. */
  readonly rules: readonly Blocker[]
  /** What a person should know about it before saying yes. */
  readonly notes: readonly string[]
  /** What is wanted is held against this. */
  readonly good: Awaited<ReturnType<Parts['rollouts']['lastGood']>>
}

interface Parts {
  readonly config: Pick<Config, 'services' | 'tiers' | 'engine'>
  readonly releases: Readers['releases']
  readonly pins: Pick<Readers['pins'], 'on'>
  readonly rollouts: Pick<Readers['rollouts'], 'lastGood' | 'history'>
  readonly clock: Pick<Clock, 'now'>
}

const nothing: ReleaseInput = {
  release: null,
  rollback: null,
  standby: null,
  noRelease: null,
  rules: [],
  notes: [],
  good: null,
}

/** Looks up which release would be rolled, and what it would be taken back to. A scale rolls none. Throws `StoreUnavailable`. */
export async function releaseFor(request: PlanRequest, parts: Parts): Promise<ReleaseInput> {
  const { target, kind } = request
  const at = parts.releases.at(target)
  if (at === null || kind === 'scale') return nothing
  const [wanted, good, pin] = await Promise.all([
    parts.releases.wanted(target, request.release === undefined ? 'describe' : undefined),
    parts.rollouts.lastGood(target),
    parts.pins.on(target),
  ])
  if (wanted.kind === 'unknown') return { ...nothing, noRelease: wanted.reason }
  const from = wanted.digest
  if (from === null && request.release === undefined) {
    return { ...nothing, noRelease: `${whereText(at)} names nothing` }
  }
  const to = request.release ?? (await described(target, from ?? '', parts))
  if (typeof to === 'string') return { ...nothing, noRelease: to }
  const release: PlannedRelease = { at, from, to, proof: parts.releases.proof(target) }
  const { notes: ofBack, ...back } = await takenBackTo(to, { target, kind, good }, parts)
  const order = from === to.digest || kind === 'rollback' ? [] : await orderRules(target, to, parts)
  const rules = [...pinRules(pin, to), ...order]
  const lost = kind === 'rollback' ? [migrations] : []
  return { release, ...back, noRelease: null, rules, notes: [...lost, ...ofBack], good }
}

const migrations = 'migrations are not undone: what a later release changed in its data stays changed'

async function described(target: Target, digest: string, { releases }: Parts): Promise<Release | string> {
  const at = releases.at(target)
  try {
    return await releases.describe(target.service, digest, at?.by === 'tag' ? at.tag : null)
  } catch (error) {
    if (error instanceof RegistryFault) return error.message
    throw error
  }
}
