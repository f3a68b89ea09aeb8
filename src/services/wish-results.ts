import type { Person, Rollout } from '../domain/rollout.ts'

/** What became of what somebody wants of a live rollout. */

export type NoLongerLive = { readonly kind: 'over'; readonly rollout: Rollout } | { readonly kind: 'none' }

/** Somebody wants just that already, since then: milliseconds since the epoch. */
type Already = { readonly kind: 'already'; readonly by: Person; readonly at: number }

export type AbortResult = { readonly kind: 'asked' } | Already | NoLongerLive

export type PauseResult =
  | { readonly kind: 'asked' }
  | Already
  /** An abort or a failure ends it already. */
  | { readonly kind: 'ending' }
  | NoLongerLive

export type GoOnResult =
  | { readonly kind: 'asked' }
  | Already
  /** There is nothing that it waits for by itself. */
  | { readonly kind: 'not-waiting' }
  | NoLongerLive

export type TakeResult =
  | { readonly kind: 'asked'; readonly from: Person }
  /** It is that person's already; `at` is null when they asked for it themselves. */
  | { readonly kind: 'already'; readonly at: number | null }
  | NoLongerLive

export type ResumeResult =
  /** `stopped`: its tier is, so that it rests all the same. */
  | { readonly kind: 'asked'; readonly stopped: boolean }
  /** Somebody resumed it before, and it goes on. */
  | Already
  | { readonly kind: 'not-paused'; readonly stopped: boolean }
  | { readonly kind: 'ending' }
  | NoLongerLive
