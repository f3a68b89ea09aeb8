import type { Build } from '../domain/build.ts'

/** What a sender told, in our words: a registry or a build server says that an image was pushed. */
export type BuildArrived = Pick<Build, 'repository' | 'tags' | 'digest' | 'revision' | 'sender' | 'delivery'>

export interface BuildHandlers {
  /** Resolves once it is kept for good, so that the sender may forget it. Rejects with `StoreUnavailable`. */
  arrived(build: BuildArrived): Promise<BuildTaken>
}

export type BuildTaken =
  /** It will be told, unless it turns out to be known. */
  | { readonly kind: 'taken'; readonly services: readonly string[] }
  /** It came before, and was or will be told. */
  | { readonly kind: 'known' }
  /** No service of the configuration uses this image. */
  | { readonly kind: 'not-ours' }
