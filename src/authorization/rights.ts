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
] as const
/** Those that there are for whole tiers alone. */
export const tierRights = ['stop', 'go'] as const satisfies readonly (typeof rights)[number][]
export type Right = (typeof rights)[number]

/** Who asks. */
export interface Actor {
  /** Slack user id, or that of the builds. */
  readonly id: string
  /** As people know them; null when the chat did not say. */
  readonly name: string | null
}

/** Builds that deploy themselves: no person, in no group, and with no right but what the policy gives to them by name. */
export const buildsActor: Actor = { id: 'builds', name: null }

/** What a right is demanded on: one target, or a whole tier. */
export type Scope =
  { readonly kind: 'target'; readonly target: Target } | { readonly kind: 'tier'; readonly tier: string }

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
}

/** What the door answers when everything that was demanded is allowed: bound to one demand, and to nothing else. */
export interface Grant<R extends Right = Right> {
  readonly right: R
  readonly scope: Scope
  /** As in the demand: whoever acts on the grant must see that this is still so (the lock may be another's by now). */
  readonly owner: string | null
  /** As in the demand. */
  readonly tag?: string | undefined
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
