import type { Config } from '../config/schema.ts'
import type { Blocker } from '../domain/plan.ts'
import { durationText } from '../domain/duration.ts'
import { standingOf } from '../domain/good-releases.ts'
import { releaseText, type Release } from '../domain/release.ts'
import type { Target } from '../domain/target.ts'
import type { Clock } from '../ports/clock.ts'
import type { Readers } from '../services/capabilities.ts'
import { orderOf } from './settings.ts'

/** How many ended rollouts of the earlier tier are looked through. */
const lookedThrough = 200

/** Why a release may not come to a target yet: it was not well in the tier before it for long enough. Throws `StoreUnavailable`. */
export async function orderRules(
  target: Target,
  to: Release,
  parts: {
    readonly config: Pick<Config, 'services' | 'tiers'>
    readonly rollouts: Pick<Readers['rollouts'], 'history'>
    readonly clock: Pick<Clock, 'now'>
  },
): Promise<readonly Blocker[]> {
  const order = orderOf(parts.config, target)
  if (order === null) return []
  const { service, tier } = target
  const { from, steadyMs } = order
  const { rows } = await parts.rollouts.history({ service, tier: from, limit: lookedThrough, before: null })
  const standing = standingOf(rows, to.digest)
  const refuse = (message: string): readonly Blocker[] => [{ kind: 'order', message, force: false }]
  const rule = `${tier} takes what was well in ${from}`
  switch (standing.kind) {
    case 'never':
      return refuse(
        `${rule}, and ${releaseText(to)} was not rolled out there with success: \`deploy ${service} ${from} ${to.tag ?? to.digest}\` first`,
      )
    case 'failed':
      return refuse(`${rule}, and ${releaseText(to)} failed there, in rollout ${standing.id}`)
    case 'good': {
      const left = standing.since + steadyMs - parts.clock.now()
      if (left <= 0) return []
      return refuse(
        `${rule} for ${durationText(steadyMs)}, and ${releaseText(to)} has been so since rollout ${standing.id}: it may come in ${durationText(Math.ceil(left / 1000) * 1000)}`,
      )
    }
  }
}
