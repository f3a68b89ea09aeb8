import type { Scope } from '../../authorization/rights.ts'
import type { Catalog } from '../../domain/catalog.ts'
import type { Target } from '../../domain/target.ts'
import { code, series } from '../../domain/wording.ts'

/** One target, or the whole tier when no service is named. */
export const scopeOf = (service: string | null, tier: string): Scope =>
  service === null ? { kind: 'tier', tier } : { kind: 'target', target: { service, tier } }

/** Why a service cannot be rolled in this tier, or null when it can: some services do not live in every tier. */
export function notThere(target: Target, catalog: Catalog): string | null {
  const tiers = catalog.tiersOf(target.service)
  if (tiers.includes(target.tier)) return null
  return `${code(target.service)} is not deployed to ${target.tier}, only to ${series(tiers)}.`
}

/** Every target there is, or those of one service or tier. */
export function targetsIn(catalog: Catalog, service: string | null, tier: string | null): readonly Target[] {
  const services = service === null ? catalog.services : [service]
  return catalog.tiers
    .filter((name) => tier === null || name === tier)
    .flatMap((name) =>
      services.filter((one) => catalog.tiersOf(one).includes(name)).map((one) => ({ service: one, tier: name })),
    )
}
