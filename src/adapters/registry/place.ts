import type { RegistryLogin } from '../../config/docker-config.ts'
import { RegistryFault } from '../../ports/registry.ts'
import type { RegistryOptions } from './options.ts'

/** Where a repository is asked for. */
export interface Place {
  /** As images and people name it: `quay.io`. */
  readonly host: string
  /** As people wrote it: `quay.io/opsee/api`. */
  readonly image: string
  /** Its name on that host: `opsee/api`. */
  readonly name: string
  /** `https://quay.io`, without a slash at its end. */
  readonly base: string
  readonly login: RegistryLogin | null
}

/** Docker Hub is named `docker.io`, answers elsewhere, and keeps what has no owner under `library/`. */
const hub = 'docker.io'
const hubAnswers = 'https://registry-1.docker.io'

/** Where a repository is, without a login. Throws `RegistryFault` for what is no `host/repository`. */
export function placeOf(image: string, options: RegistryOptions): Place {
  const slash = image.indexOf('/')
  const host = image.slice(0, slash)
  const path = image.slice(slash + 1)
  if (slash < 1 || !/^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/.test(path)) {
    throw new RegistryFault(
      'wrong',
      `${image.slice(0, 200)} is no repository: write it with its host, as quay.io/opsee/api`,
    )
  }
  const named = options.hosts.get(host)
  const standard = host === hub ? hubAnswers : `https://${host}`
  return {
    host,
    image,
    name: host === hub && !path.includes('/') ? `library/${path}` : path,
    base: (named?.url ?? standard).replace(/\/+$/, ''),
    login: null,
  }
}
