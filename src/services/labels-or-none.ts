import type { ImageLabels } from '../domain/release.ts'
import { RegistryFault, type RegistryReader } from '../ports/registry.ts'

const none: ImageLabels = { revision: null, version: null, source: null, builtAt: null }

/**
 * The labels of one image among many. One that cannot be read, such as an index without an image, has none: it must not
 * hide the others. Throws `RegistryFault` when the registry does not answer, or refuses.
 */
export async function labelsOrNone(registry: RegistryReader, image: string, digest: string): Promise<ImageLabels> {
  try {
    return await registry.labels(image, digest)
  } catch (error) {
    if (error instanceof RegistryFault && error.kind === 'wrong') return none
    throw error
  }
}
