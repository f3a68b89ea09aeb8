import type { Target } from '../domain/target.ts'

/** What a mutating command can demand; each is an action of the policy. Reading is the action `read`. */
export const rights = [
  'deploy',
  'restart',
  'rollback',
  'promote',
  'scale',
  'take',
  'pause',
  'resume',
  'continue',
  'abort',
  'retry',
  'lock',
  'unlock',
  'pin',
  'unpin',
  'stop',
  'go',
  'audit',
] as const
/** Those that there are for whole tiers alone. */
export const tierRights = ['stop', 'go'] as const satisfies readonly (typeof rights)[number][]
/** Those that there are for all of Opsee alone. */
export const shopRights = ['audit'] as const satisfies readonly (typeof rights)[number][]
export type Right = (typeof rights)[number]

/** The rights that let a rollout proceed: each also takes the right to roll out, whoever owns the rollout. */
export const proceedingRights = ['take', 'resume', 'continue', 'retry'] as const satisfies readonly Right[]
/** The rights that only hold or end a rollout: its owner always has them, unless the policy forbids it. */
export const stoppingRights = ['pause', 'abort'] as const satisfies readonly Right[]

/** A person in the chat. */
interface PersonActor {
  readonly kind?: 'person'
  /** The chat's id, such as U012ABCDEF. */
  readonly id: string
  /** As people know them; null when the chat did not say. */
  readonly name: string | null
  /** Id of the person's workspace or organisation; absent when the chat did not say. */
  readonly team?: string | undefined
  /** Set for a person of another organisation, who sees our channels through Slack Connect. */
  readonly from?: 'another-organisation' | undefined
}

/** Builds that deploy themselves: no person, in no group, and with no right but those that the policy gives to them by name. */
export interface BuildsActor {
  readonly kind: 'builds'
  readonly id: 'builds'
  readonly name: null
}

/** The principal of a request. Its kind is never read from its id, so that no person can pass for builds. */
export type Actor = PersonActor | BuildsActor

export const buildsActor: BuildsActor = Object.freeze({ kind: 'builds', id: 'builds', name: null })

/** A principal as records keep it. `team` is only kept for a person of another organisation. */
export interface RecordedActor {
  readonly id: string
  readonly name: string | null
  readonly team?: string | undefined
}

export function recordedActor(actor: Actor): RecordedActor {
  const { id, name } = actor
  if (actor.kind === 'builds' || actor.from === undefined) return { id, name }
  return { id, name, team: actor.team ?? '' }
}

/** The principal again. No person has the id of the builds: a person's id has another shape, which the door checks. */
export function actorOf({ id, name, team }: RecordedActor): Actor {
  if (id === buildsActor.id) return buildsActor
  return team === undefined ? { id, name } : { id, name, team, from: 'another-organisation' }
}

/** What a right is demanded on: one target, a whole tier, or all of Opsee. */
export type Scope =
  | { readonly kind: 'target'; readonly target: Target }
  | { readonly kind: 'tier'; readonly tier: string }
  | { readonly kind: 'shop' }

/** One thing that somebody wants to do on one scope, with the facts that the policy may ask about. */
export interface Demand<R extends Right = Right> {
  readonly right: R
  readonly scope: Scope
  /** Who holds the lock that would be lifted, or whose rollout would be paused, resumed or aborted; null when nobody. */
  readonly owner: string | null
  /**
   * The tag by which a release is asked for, as typed (a commit stands there too); of a promote, that of the earlier
   * tier. None where nobody named one, and for a digest, which names one image for ever.
   */
  readonly tag?: string | undefined
  /** What the rollout does that would proceed; the door then also asks for the right to do that. `deploy` unless given. */
  readonly rolls?: RollRight | undefined
}

/** The right that begins a rollout, by the kind of its plan. */
export type RollRight = Extract<Right, 'deploy' | 'restart' | 'rollback' | 'promote' | 'scale'>

/** What the door answers when everything that was demanded is allowed: bound to one demand, and to nothing else. */
export interface Grant<R extends Right = Right> {
  readonly right: R
  readonly scope: Scope
  /** As in the demand: whoever acts on the grant must see that this is still so (the lock may be another's by now). */
  readonly owner: string | null
  /** As in the demand. */
  readonly tag?: string | undefined
  /** As in the demand. */
  readonly rolls?: RollRight | undefined
  readonly actor: Actor
  /** Number of the audit record that says so. */
  readonly audit: number
  /** The idempotency key of the request. */
  readonly requestKey: string
}

/** Why not, for a person. */
export interface Denial {
  /** "You may not deploy api to production: that takes a member of deployers (@ann, @bob)." */
  readonly message: string
  /** The forbidding policies by `@id`; empty when no policy permitted it. */
  readonly policies: readonly string[]
  /** Groups or people who could, as the policy and the groups stand now. */
  readonly whoCould: readonly string[]
}
