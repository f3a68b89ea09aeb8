import type { EntityJson, TypeAndId } from './cedar.ts'
import type { Config } from '../config/schema.ts'
import { targetText } from '../domain/target.ts'
import { noTraits, type Traits } from './people.ts'
import type { Actor, Scope } from './rights.ts'

/** What the policy may speak about: the groups, services and tiers of the configuration. */
export type Shop = Pick<Config, 'groups' | 'services' | 'tiers'>

/** All of Opsee: what a read is a read of. */
export interface WholeShop {
  readonly kind: 'shop'
}

/** A principal as the policy sees it. */
export interface Principal {
  /** A person unless it says `builds`. Never read from the id. */
  readonly kind?: 'person' | 'builds'
  readonly id: string
  readonly groups: readonly string[]
  /** Team of a person of another organisation; absent for our own people. */
  readonly otherTeam?: string | undefined
  /** Only needed where a policy asks about them. */
  readonly traits?: Traits | undefined
}

/** The principal that an actor is, with what is known of it. */
export function principalFor(actor: Actor, groups: readonly string[], traits: Traits | null): Principal {
  if (actor.kind === 'builds') return { kind: 'builds', id: actor.id, groups: [] }
  const otherTeam = actor.from === undefined ? undefined : (actor.team ?? '')
  return { kind: 'person', id: actor.id, groups, otherTeam, traits: traits ?? undefined }
}

/** Fails closed: a tier is protected unless it says otherwise, or is called staging and says nothing. */
export function isProtected(tiers: Shop['tiers'], tier: string): boolean {
  return entryOf(tiers, tier)?.protected ?? tier !== 'staging'
}

export const uidOf = ({ kind, id }: Principal): TypeAndId =>
  kind === 'builds' ? { type: 'Hook', id } : { type: 'User', id }

export function resourceOf(scope: Scope | WholeShop): TypeAndId {
  switch (scope.kind) {
    case 'target':
      return { type: 'Target', id: targetText(scope.target) }
    case 'tier':
      return { type: 'Tier', id: scope.tier }
    case 'shop':
      return { type: 'Shop', id: 'opsee' }
  }
}

/** The person, and everything that the resource leads to. Null when the scope names what is not configured. */
export function entitiesOf(shop: Shop, principal: Principal, scope: Scope | WholeShop): EntityJson[] | null {
  const uid = uidOf(principal)
  // A group that cannot be read might hold any person, but no build.
  const groups = uid.type === 'User' ? principal.groups.map((id) => ({ type: 'Group', id })) : []
  const attrs = uid.type === 'User' ? { ...(principal.traits ?? noTraits) } : {}
  const user: EntityJson = { uid, attrs, parents: groups }
  if (scope.kind === 'shop') return [user]
  const tierName = scope.kind === 'tier' ? scope.tier : scope.target.tier
  if (entryOf(shop.tiers, tierName) === undefined) return null
  const tierId = { type: 'Tier', id: tierName }
  const tier = { uid: tierId, attrs: { name: tierName, protected: isProtected(shop.tiers, tierName) }, parents: [] }
  if (scope.kind === 'tier') return [user, tier]
  const name = scope.target.service
  const service = entryOf(shop.services, name)
  if (service === undefined) return null
  const serviceId = { type: 'Service', id: name }
  const team = { __entity: { type: 'Group', id: service.team } }
  return [
    user,
    tier,
    { uid: serviceId, attrs: { name, team }, parents: [] },
    {
      uid: resourceOf(scope),
      attrs: {
        service: { __entity: serviceId },
        tier: { __entity: tierId },
        team,
        deployOnPush: service.deployOnPush.some((one) => one.tier === tierName),
      },
      parents: [serviceId, tierId],
    },
  ]
}

/** Own keys only: `constructor` is no service. */
function entryOf<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
