import type { ImageLabels } from '../../domain/release.ts'
import type { Clock } from '../../ports/clock.ts'
import { RegistryFault, type RegistryReader, type RegistryWriter } from '../../ports/registry.ts'
import { createBoundedMap } from './bounded-map.ts'
import { isDigest } from './digest.ts'
import { readLabels } from './labels.ts'
import { lookAt } from './manifest.ts'
import { moveTag } from './move-tag.ts'
import type { RegistryOptions } from './options.ts'
import { patience } from './patience.ts'
import { placeOf } from './place.ts'
import { createSession } from './session.ts'
import { createShared } from './shared.ts'
import { listTags } from './tags.ts'

export interface Registry extends RegistryReader, RegistryWriter {
  close(): Promise<void>
}

/** Labels of so many images are kept: they never change. */
const labelsKept = 5000
/** A look with its retries takes up to so many times one request's time. */
const lookFactor = 2
/** A list of tags has many pages. */
const listFactor = 6

/** Any registry of the OCI distribution API. Makes no connection before the first call. */
export function createRegistry(options: RegistryOptions, clock: Clock): Registry {
  const session = createSession(options, clock)
  const known = createBoundedMap<ImageLabels>(labelsKept)
  const asking = createShared<ImageLabels>()
  const within = (totalMs: number, signal?: AbortSignal) => patience(clock, totalMs, options.timeoutMs, signal)
  const lookMs = options.timeoutMs * lookFactor
  return {
    async manifest(repository, reference, signal) {
      const found = await lookAt(session, placeOf(repository, options), reference, within(lookMs, signal))
      return found === null ? null : { digest: found.digest, mediaType: found.mediaType, bytes: found.bytes }
    },
    async tags(repository, signal) {
      return listTags(session, placeOf(repository, options), within(options.timeoutMs * listFactor, signal))
    },
    async labels(repository, digest, signal) {
      if (!isDigest(digest)) throw new RegistryFault('wrong', `${digest.slice(0, 200)} is no digest`)
      const cached = known.get(digest)
      if (cached !== undefined) return cached
      const read = async (): Promise<ImageLabels> => {
        const labels = await readLabels(session, placeOf(repository, options), digest, within(lookMs, signal))
        known.set(digest, labels)
        return labels
      }
      // Who may call it off asks alone.
      return signal === undefined ? asking.ask(`${repository}@${digest}`, read) : read()
    },
    async moveTag(repository, tag, { from, to }, signal) {
      const place = placeOf(repository, options)
      return moveTag(session, place, { tag, from, to }, within(options.moveTimeoutMs, signal))
    },
    moveTimeoutMs: options.moveTimeoutMs,
    close: () => session.close(),
  }
}
