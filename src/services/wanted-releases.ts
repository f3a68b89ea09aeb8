import { durationText } from '../domain/duration.ts'
import { digestIn, type WantedAt } from '../domain/release.ts'
import type { Clock } from '../ports/clock.ts'
import { RegistryFault, type RegistryReader, type RegistryWriter } from '../ports/registry.ts'
import { StoreUnavailable, type StoreReader, type StoreWriter } from '../ports/store.ts'
import type { AnnouncedRelease, WantedMove, WantedNow, WantedReleases } from '../ports/wanted-release.ts'
import { asBefore } from '../store/conditions.ts'

type Move = Parameters<WantedReleases['move']>[1]

export interface WantedParts {
  /** Null where the configuration names none. */
  readonly registry: (RegistryReader & RegistryWriter) | null
  /** Absolute keys. */
  readonly store: StoreReader & StoreWriter
  /** The longest that one move may take, in milliseconds: well below the lease, as a call of fleet. */
  readonly limitMs: number
  readonly clock: Clock
}

/** Tags of the registry and keys of etcd, as one thing: where units look up which release to pull. */
export function createWantedReleases({ registry, store, limitMs, clock }: WantedParts): WantedReleases {
  const noRegistry = 'there is no registry in the configuration'
  return {
    moveTimeoutMs: limitMs,

    read: (at, signal, next) =>
      told(
        async (): Promise<WantedNow> => {
          if (at.by === 'key') return readKey(store, at.key)
          if (registry === null) return { kind: 'unknown', reason: noRegistry }
          return { kind: 'known', digest: (await registry.manifest(at.image, at.tag, signal, next))?.digest ?? null }
        },
        (reason) => ({ kind: 'unknown', reason }),
      ),

    async move(at, move, signal) {
      const over = new AbortController()
      const late = clock
        .sleep(limitMs, over.signal)
        .then((): WantedMove => ({ kind: 'failed', message: `it was not done within ${durationText(limitMs)}` }))
      const asked = told(
        async (): Promise<WantedMove> => {
          if (at.by === 'key') return moveKey(store, at.key, move)
          if (registry === null) return { kind: 'failed', message: noRegistry }
          return moveTag(registry, at, move, AbortSignal.any([signal, over.signal]))
        },
        (message): WantedMove => ({ kind: 'failed', message }),
      )
      try {
        return await Promise.race([asked, late])
      } finally {
        over.abort()
      }
    },

    announced: (key) =>
      told(
        async (): Promise<AnnouncedRelease> => ({ kind: 'known', value: (await store.get(key))?.value.trim() ?? null }),
        (reason) => ({ kind: 'unknown', reason }),
      ),
  }
}

async function moveTag(
  registry: RegistryWriter,
  at: Extract<WantedAt, { by: 'tag' }>,
  move: Move,
  signal: AbortSignal,
): Promise<WantedMove> {
  const moved = await registry.moveTag(at.image, at.tag, move, signal)
  switch (moved.kind) {
    case 'moved':
    case 'already':
      return { kind: 'asked' }
    case 'elsewhere':
      return { kind: 'failed', message: `it names ${moved.now ?? 'nothing'} by now` }
    case 'missing':
      return { kind: 'failed', message: `${at.image} has no image ${move.to}` }
  }
}

async function readKey(store: StoreReader, key: string): Promise<WantedNow> {
  const entry = await store.get(key)
  if (entry === null) return { kind: 'known', digest: null }
  const digest = digestIn(entry.value)
  return digest === null ? { kind: 'unknown', reason: noDigest(key) } : { kind: 'known', digest }
}

const noDigest = (key: string): string => `the key ${key} holds no digest: write sha256:… to it, or delete it`

async function moveKey(store: StoreReader & StoreWriter, key: string, { from, to }: Move): Promise<WantedMove> {
  const entry = await store.get(key)
  const now = entry === null ? null : digestIn(entry.value)
  if (entry !== null && now === null) return { kind: 'failed', message: noDigest(key) }
  if (now === to) return { kind: 'asked' }
  if (now !== from) return { kind: 'failed', message: `it names ${now ?? 'nothing'} by now` }
  const result = await store.commit({ require: [asBefore(key, entry)], puts: [{ key, value: to }] })
  return result.kind === 'committed' ? { kind: 'asked' } : { kind: 'failed', message: 'somebody else wrote to it' }
}

/** What the outside cannot do becomes words; anything else is a fault of the program. */
async function told<T>(ask: () => Promise<T>, inWords: (reason: string) => T): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof RegistryFault || error instanceof StoreUnavailable) return inWords(error.message)
    throw error
  }
}
