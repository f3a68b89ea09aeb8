import type { Config, RolloutSettings } from '../config/schema.ts'
import { amountOf, type Amount } from '../domain/amount.ts'
import type { Target } from '../domain/target.ts'
import type { Plan, PlanAsk } from '../domain/plan.ts'
import type { HealthGate } from '../ports/health.ts'
import type { QueueLimits } from './create.ts'

/** How a rollout of one target behaves. Times in milliseconds. */
export interface Settings {
  readonly batch: Amount
  readonly canary: number
  readonly canarySteadyMs: number
  readonly settleMs: number
  readonly progressDeadlineMs: number
}

type Layered = Pick<Config, 'services' | 'tiers' | 'engine'>

/** The nearer word wins: the service's, the tier's, the engine's. */
const nearest =
  (config: Layered, target: Target) =>
  <T>(pick: (layer: RolloutSettings) => T | undefined, last: T): T => {
    const layers = [config.services[target.service]?.rollout, config.tiers[target.tier]?.rollout, config.engine.rollout]
    for (const layer of layers) {
      const value = layer === undefined ? undefined : pick(layer)
      if (value !== undefined) return value
    }
    return last
  }

/** What was typed goes before all else. */
export function settingsOf(
  config: Layered,
  target: Target,
  typed: { readonly batch: Amount | null; readonly canary: number | null },
): Settings {
  const first = nearest(config, target)
  return {
    batch: typed.batch ?? first((layer) => layer.batch, { kind: 'count', count: 1 }),
    canary: typed.canary ?? first((layer) => layer.canary, 0),
    canarySteadyMs: first((layer) => layer.canarySteady, 0),
    settleMs: first((layer) => layer.settle, 5000),
    progressDeadlineMs: first((layer) => layer.progressDeadline, 300_000),
  }
}

/** How long a rollout of this target may go without a newly healthy instance before its thread says so. In milliseconds. */
export const stuckMsOf = (config: Layered, target: Target): number =>
  nearest(config, target)((layer) => layer.stuckAfter, 60_000)

/** What becomes of a rollout of this target that fails: taken back after so many milliseconds, or null for held as it is. */
export function takenBackAfter(config: Layered, target: Target): number | null {
  const first = nearest(config, target)
  return first((layer) => layer.onFailure, 'hold') === 'rollback' ? first((layer) => layer.rollbackAfter, 30_000) : null
}

/** From which tier a release must come to this target, and how long it must have been well there; null for no such rule. */
export function orderOf(
  config: Pick<Config, 'services' | 'tiers'>,
  { service, tier }: Target,
): { readonly from: string; readonly steadyMs: number } | null {
  const entry = config.tiers[tier]
  const from = entry?.promotedFrom
  // A service that is not deployed there at all could never pass.
  if (from === undefined || config.services[service]?.tiers?.includes(from) === false) return null
  return { from, steadyMs: entry?.steadyBefore ?? 0 }
}

export function queueLimits(config: Pick<Config, 'tiers' | 'engine' | 'rollouts'>): QueueLimits {
  return {
    atOnce: (tier) => config.tiers[tier]?.rolloutsAtOnce ?? config.engine.rolloutsAtOnce ?? null,
    length: config.engine.queueLength,
    afterFailure: config.rollouts.afterFailure,
  }
}

/** What runs before a rollout of this kind changes anything; null for nothing: only what brings a release there has a preparation. */
export function preparationFor(
  config: Pick<Config, 'services'>,
  service: string,
  { kind, preparedBy, preparedWith }: Pick<PlanAsk, 'kind' | 'preparedBy' | 'preparedWith'>,
): Plan['preparation'] {
  const preparation = config.services[service]?.preparation
  if (preparation === undefined || (kind !== 'deploy' && kind !== 'promote')) return null
  const { command, timeout, env } = preparation
  const same = preparedWith === undefined || JSON.stringify(preparedWith) === JSON.stringify(command)
  return { command, timeoutMs: timeout, env, doneBy: same ? (preparedBy ?? null) : null }
}

export function gateOf(config: Pick<Config, 'services'>, service: string): HealthGate {
  const health = config.services[service]?.health
  const verify = config.services[service]?.verify
  const field = verify?.by === 'health' || verify?.by === 'label' ? verify.field : undefined
  switch (health?.kind) {
    case 'http':
      return {
        kind: 'http',
        port: health.port,
        ...containerPortOf(health),
        path: health.path,
        timeoutMs: health.timeout,
        identity: health.identity ?? null,
        ...(field === undefined ? {} : { says: field }),
      }
    case 'tcp':
      return { kind: 'tcp', port: health.port, ...containerPortOf(health), timeoutMs: health.timeout }
    case 'none':
    case undefined:
      return { kind: 'none' }
  }
}

const containerPortOf = ({ containerPort }: { readonly containerPort?: number | undefined }) =>
  containerPort === undefined ? {} : { containerPort }

/** Index ranges of the batches: a canary first when asked for, then as many at once as allowed. */
export function batchSizes(
  total: number,
  settings: Pick<Settings, 'batch' | 'canary'>,
): { readonly atOnce: number; readonly sizes: readonly number[] } {
  const atOnce = amountOf(settings.batch, total)
  const sizes: number[] = []
  let left = total
  const canary = Math.min(settings.canary, total)
  if (canary > 0) {
    sizes.push(canary)
    left -= canary
  }
  while (left > 0) {
    const size = Math.min(atOnce, left)
    sizes.push(size)
    left -= size
  }
  return { atOnce, sizes }
}
