import type { WantedAt } from '../domain/release.ts'

/** Where units look up which release to pull: a tag or an etcd key behind one face. */
export interface WantedReleases {
  /** What it names now; `next` as in `RegistryReader`. Never rejects. */
  read(at: WantedAt, signal?: AbortSignal, next?: 'labels'): Promise<WantedNow>
  /** Lets it name `to`, as long as it names `from`, or `to` already. Its answer is not believed: look again. Never rejects. */
  move(
    at: WantedAt,
    move: { readonly from: string | null; readonly to: string },
    signal: AbortSignal,
  ): Promise<WantedMove>
  /** The longest that one `move` takes, in milliseconds. */
  readonly moveTimeoutMs: number
  /** What an instance wrote to its key about the release that it runs; null for nothing. Never rejects. */
  announced(key: string): Promise<AnnouncedRelease>
}

export type WantedNow =
  { readonly kind: 'known'; readonly digest: string | null } | { readonly kind: 'unknown'; readonly reason: string }

export type WantedMove = { readonly kind: 'asked' } | { readonly kind: 'failed'; readonly message: string }

export type AnnouncedRelease =
  { readonly kind: 'known'; readonly value: string | null } | { readonly kind: 'unknown'; readonly reason: string }
