import type { ImageLabels } from '../domain/release.ts'

/** An image registry. Repositories carry their host (`quay.io/opsee/api`); a reference is a tag or a digest. */
export interface RegistryReader {
  /**
   * What a reference names; null when there is no such image. `next` says that `labels` of it will be asked for at once, so
   * that its manifest may come along where nothing is known of it yet. Throws `RegistryFault`.
   */
  manifest(repository: string, reference: string, signal?: AbortSignal, next?: 'labels'): Promise<Manifest | null>
  /** Every tag, in the registry's order; empty when there is no such repository. Throws `RegistryFault`. */
  tags(repository: string, signal?: AbortSignal): Promise<readonly string[]>
  /**
   * What the labels say, of an index those of its first image for linux/amd64, or of its first one. Never changes, so that it
   * is asked for once. Throws `RegistryFault`, also when there is no such image.
   */
  labels(repository: string, digest: string, signal?: AbortSignal): Promise<ImageLabels>
}

export interface RegistryWriter {
  /**
   * Lets a tag name `to`, as long as it names `from` (null for nothing) or `to` already. It is looked at before and after:
   * a registry has no compare and swap. Throws `RegistryFault`.
   */
  moveTag(
    repository: string,
    tag: string,
    move: { readonly from: string | null; readonly to: string },
    signal?: AbortSignal,
  ): Promise<TagMoved>
  /** The longest that one `moveTag` takes, in milliseconds. */
  readonly moveTimeoutMs: number
}

export interface Manifest {
  readonly digest: string
  readonly mediaType: string
  /** Length of the manifest itself. */
  readonly bytes: number
}

export type TagMoved =
  | { readonly kind: 'moved' }
  | { readonly kind: 'already' }
  /** It names something else; nothing was done, or somebody else was faster. */
  | { readonly kind: 'elsewhere'; readonly now: string | null }
  /** There is no manifest `to` in this repository. */
  | { readonly kind: 'missing' }

/** Why the registry could not be asked, or would not do it. `message` is for a person and holds no secret. */
export class RegistryFault extends Error {
  override readonly name = 'RegistryFault'
  /** `away`: it did not answer, or not in time; trying again may help. `refused`: it wants other credentials or rights. `wrong`: it answered what nobody can use. */
  readonly kind: 'away' | 'refused' | 'wrong'

  constructor(kind: RegistryFault['kind'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}
