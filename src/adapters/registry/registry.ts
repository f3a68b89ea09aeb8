import type { ImageLabels } from '../../domain/release.ts'
import type { Clock } from '../../ports/clock.ts'
import { RegistryFault, type Manifest, type RegistryReader, type RegistryWriter } from '../../ports/registry.ts'
import { createBoundedMap } from './bounded-map.ts'
import { isDigest } from './digest.ts'
import { readLabels } from './labels.ts'
import { lookAt, wholeManifest, type WholeManifest } from './manifest.ts'
import { moveTag } from './move-tag.ts'
import type { RegistryOptions } from './options.ts'
import { patience } from './patience.ts'
import { createLogins, type LoginDeps } from './logins.ts'
import { placeOf, type Place } from './place.ts'
import { createSession } from './session.ts'
import { createShared } from './shared.ts'
import { listTags } from './tags.ts'

export interface Registry extends RegistryReader, RegistryWriter {
  close(): Promise<void>
}

/** Labels of so many images are kept: they never change. */
const labelsKept = 5000
/** Manifests that came along and whose labels were not asked for yet: so many, and none that is longer. */
const manifestsKept = 500
const maxKeptBytes = 32 * 1024
/** A look with its retries takes up to so many times one request's time. */
const lookFactor = 2
/** A list of tags has many pages. */
const listFactor = 6

/** `log` and `secretsChanged` hear of a docker configuration file that changed. */
export type RegistryDeps = Partial<Pick<LoginDeps, 'log' | 'secretsChanged'>>

const silent: LoginDeps['log'] = { info: () => undefined, warn: () => undefined }

/** Any registry of the OCI distribution API. Makes no connection before the first call. */
export function createRegistry(options: RegistryOptions, clock: Clock, deps: RegistryDeps = {}): Registry {
  const { log = silent, secretsChanged } = deps
  const logins = createLogins(options, { clock, log, ...(secretsChanged === undefined ? {} : { secretsChanged }) })
  const session = createSession(logins, options.proxy ?? null, clock)
  const known = createBoundedMap<ImageLabels>(labelsKept)
  const asking = createShared<ImageLabels>()
  /** Which digest a tag named when it was last looked at. */
  const named = createBoundedMap<string>(labelsKept)
  const came = createBoundedMap<WholeManifest>(manifestsKept)
  const within = (totalMs: number, signal?: AbortSignal) => patience(clock, totalMs, options.timeoutMs, signal)
  const lookMs = options.timeoutMs * lookFactor
  const placeFor = async (repository: string): Promise<Place> => {
    const place = placeOf(repository, options)
    return { ...place, login: await logins.of(place) }
  }
  return {
    async manifest(repository, reference, signal, next) {
      const place = await placeFor(repository)
      const before = named.get(`${repository}:${reference}`)
      const isKnown = before !== undefined && known.get(before) !== undefined
      let found: Manifest | null
      if (next === undefined || isKnown) found = await lookAt(session, place, reference, within(lookMs, signal))
      else {
        // By GET at once: a HEAD would only say that it must be asked for.
        const whole = await wholeManifest(session, place, reference, within(lookMs, signal))
        if (whole !== null && whole.bytes <= maxKeptBytes) came.set(whole.digest, whole)
        found = whole
      }
      if (found === null) return null
      const { digest, mediaType, bytes } = found
      named.set(`${repository}:${reference}`, digest)
      return { digest, mediaType, bytes }
    },
    async tags(repository, signal) {
      return listTags(session, await placeFor(repository), within(options.timeoutMs * listFactor, signal))
    },
    async labels(repository, digest, signal) {
      if (!isDigest(digest)) throw new RegistryFault('wrong', `${digest.slice(0, 200)} is no digest`)
      const cached = known.get(digest)
      if (cached !== undefined) return cached
      const read = async (): Promise<ImageLabels> => {
        const labels = await readLabels(
          session,
          await placeFor(repository),
          digest,
          within(lookMs, signal),
          came.get(digest),
        )
        known.set(digest, labels)
        came.delete(digest)
        return labels
      }
      // Who may call it off asks alone.
      return signal === undefined ? asking.ask(`${repository}@${digest}`, read) : read()
    },
    async moveTag(repository, tag, { from, to }, signal) {
      const place = await placeFor(repository)
      return moveTag(session, place, { tag, from, to }, within(options.moveTimeoutMs, signal))
    },
    moveTimeoutMs: options.moveTimeoutMs,
    close: () => session.close(),
  }
}
