import type { Lock } from '../domain/lock.ts'
import type { Pin } from '../domain/pin.ts'
import type { Stop } from '../domain/stop.ts'

/** What became of a lock, a stop or a pin that somebody set or lifted. */

export type LockResult =
  | { readonly kind: 'locked'; readonly lock: Lock; readonly live: readonly number[] }
  | { readonly kind: 'held'; readonly lock: Lock }

export type PinResult =
  /** `before` is the pin that it took the place of. */
  | { readonly kind: 'pinned'; readonly pin: Pin; readonly before: Pin | null }
  /** To that very release, and it stays as it is. */
  | { readonly kind: 'already'; readonly pin: Pin }

export type UnpinResult = { readonly kind: 'unpinned'; readonly pin: Pin } | { readonly kind: 'none' }

export type StopResult =
  | { readonly kind: 'stopped'; readonly stop: Stop; readonly live: readonly number[] }
  | { readonly kind: 'already'; readonly stop: Stop }

export type GoResult =
  /** `stop` is the one that was lifted. */
  | { readonly kind: 'going'; readonly stop: Stop; readonly live: readonly number[] }
  | { readonly kind: 'not-stopped'; readonly last: Stop | null }

export type UnlockResult =
  | { readonly kind: 'unlocked'; readonly lock: Lock }
  | { readonly kind: 'none' }
  /** Somebody else took the lock in between: it stays. */
  | { readonly kind: 'changed'; readonly lock: Lock }
