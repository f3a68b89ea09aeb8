import { randomBytes } from 'node:crypto'
import { pushImage } from '../registry/push-image.ts'
import { repositoryOf } from './registry.ts'

/** A build of a service as a build server makes it: a new image under this tag, an image of its own each time. Its digest. */
export const build = (registry: string, service: string, tag: string): Promise<string> =>
  pushImage(registry, repositoryOf(service), tag, {
    version: tag,
    revision: randomBytes(4).toString('hex'),
    createdAt: new Date().toISOString(),
    source: `https://github.com/opsee/${service}`,
  })

/** Tells the bot of tags as Quay does: as an array, or as older Quays do, with the id of each image. */
export function tellAsQuay(
  hook: string,
  service: string,
  tags: readonly string[] | Readonly<Record<string, string>>,
): Promise<Response> {
  const repository = repositoryOf(service)
  const payload = {
    name: service,
    repository,
    namespace: 'opsee',
    docker_url: `quay.io/${repository}`,
    homepage: `https://quay.io/repository/${repository}`,
    updated_tags: tags,
  }
  return fetch(hook, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(payload),
    signal: AbortSignal.timeout(20_000),
  })
}
