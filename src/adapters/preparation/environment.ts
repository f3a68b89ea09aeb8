import type { PreparationOrder } from '../../ports/preparation.ts'
import type { PreparationOptions } from './options.ts'

/** `PATH` where the bot has none. */
const usualPath = '/usr/local/bin:/usr/bin:/bin'

/** All that a preparation sees of the environment: what is allowed of the bot's own, and what it is about. */
export function environmentFor(order: PreparationOrder, { env }: PreparationOptions): Record<string, string> {
  const { service, tier, rollout, release, preparation } = order
  const about = {
    OPSEE_SERVICE: service,
    OPSEE_TIER: tier,
    OPSEE_ROLLOUT: String(rollout),
    OPSEE_RELEASE: release?.to.digest,
    OPSEE_IMAGE: release === null ? undefined : `${release.image}@${release.to.digest}`,
    OPSEE_TAG: release?.to.tag ?? undefined,
    OPSEE_REVISION: release?.to.revision ?? undefined,
  }
  const own = ['HOME', 'LANG', ...preparation.env].map((name) => [name, env[name]] as const)
  const all = [['PATH', searchPathOf(env)] as const, ...own, ...Object.entries(about)]
  return Object.fromEntries(all.filter((entry): entry is readonly [string, string] => entry[1] !== undefined))
}

export const searchPathOf = (env: PreparationOptions['env']): string => env['PATH'] ?? usualPath

/** Values that it was let see, and that its output must not show. */
export const allowedValues = (order: PreparationOrder, { env }: PreparationOptions): readonly string[] =>
  order.preparation.env.flatMap((name) => env[name] ?? [])
