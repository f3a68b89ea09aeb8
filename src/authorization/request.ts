import type { Place } from '../ports/chat.ts'
import { hashOf } from './chain.ts'
import { buildsActor, type Actor, type Demand, type Right, type Scope } from './rights.ts'

/** What a person wants to do, all of it or nothing. */
export interface AuthorizationRequest<R extends Right> {
  readonly actor: Actor
  /** At least one. */
  readonly demands: readonly Demand<R>[]
  /** The command as typed. */
  readonly command: string
  /** The same under every redelivery of the same request; any text. */
  readonly requestKey: string
  /** `slash`, `button`, … */
  readonly source: string
  readonly place: Place
}

/** As it is recorded: a key that is longer than any real one stands there as its hash. */
export const shortKey = (key: string): string => (key.length <= 200 ? key : `sha256:${hashOf(key)}`)

/**
 * Its own copy, frozen, of what it should have and nothing else: what is granted is what was judged, whatever happens
 * to the caller's objects meanwhile.
 */
export function copyOf<R extends Right>(given: AuthorizationRequest<R>): AuthorizationRequest<R> {
  return Object.freeze({
    actor: copyActor(given.actor),
    demands: Object.freeze(given.demands.map(copyDemand)),
    command: given.command,
    requestKey: shortKey(given.requestKey),
    source: given.source,
    place: Object.freeze({ channel: given.place.channel, thread: given.place.thread }),
  })
}

function copyActor(actor: Actor): Actor {
  if (actor.kind === 'builds') return buildsActor
  const { id, name, team, from } = actor
  return Object.freeze({
    id,
    name,
    ...(team === undefined ? {} : { team }),
    ...(from === undefined ? {} : { from }),
  })
}

function copyDemand<R extends Right>({ right, scope, owner, tag, rolls }: Demand<R>): Demand<R> {
  return Object.freeze({
    right,
    scope: copyScope(scope),
    owner,
    ...(tag === undefined ? {} : { tag }),
    ...(rolls === undefined ? {} : { rolls }),
  })
}

function copyScope(scope: Scope): Scope {
  if (scope.kind === 'shop') return Object.freeze({ kind: 'shop' })
  if (scope.kind === 'tier') return Object.freeze({ kind: 'tier', tier: scope.tier })
  const { service, tier } = scope.target
  return Object.freeze({ kind: 'target', target: Object.freeze({ service, tier }) })
}
