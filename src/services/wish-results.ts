import type { Person, Rollout } from '../domain/rollout.ts'

/** What became of what somebody wants of a live rollout. */

export type NoLongerLive = { readonly kind: 'over'; readonly rollout: Rollout } | { readonly kind: 'none' }

export type AbortResult = { readonly kind: 'asked' } | { readonly kind: 'already'; readonly by: string } | NoLongerLive

export type PauseResult =
  | { readonly kind: 'asked' }
  | { readonly kind: 'already'; readonly by: Person; readonly at: number }
  /** An abort or a failure ends it already. */
  | { readonly kind: 'ending' }
  | NoLongerLive

export type GoOnResult =
  | { readonly kind: 'asked' }
  /** There is nothing that it waits for by itself. */
  | { readonly kind: 'not-waiting' }
  | NoLongerLive

export type TakeResult =
  | { readonly kind: 'asked'; readonly from: Person }
  /** It is that person's already. */
  | { readonly kind: 'already' }
  | NoLongerLive

export type ResumeResult =
  /** `stopped`: its tier is, so that it rests all the same. */
  | { readonly kind: 'asked'; readonly stopped: boolean }
  | { readonly kind: 'not-paused'; readonly stopped: boolean }
  | { readonly kind: 'ending' }
  | NoLongerLive
