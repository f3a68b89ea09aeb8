import { pushImage, type Image } from '../registry/push-image.ts'
import { buildsOf } from './builds.ts'
import { services, sharedImages, type TierName } from './fleet-units.ts'

/** Its repository in the registry; images name it with the host `quay.io`. */
export const repositoryOf = (service: string): string => `opsee/${service}`

/** What had been pushed before anybody looked: every build under its tag, the first also under the tag of each tier. */
export async function fillRegistry(url: string, tiers: readonly TierName[]): Promise<void> {
  const owned = services.map(async (service) => {
    const repository = repositoryOf(service.name)
    for (const { tag, ...image } of buildsOf(service)) {
      // One after the other: what they have in common is pushed once.
      for (const name of tag === 'v1' ? [tag, ...tiers] : [tag]) await pushImage(url, repository, name, image)
    }
  })
  const shared = sharedImages.map((reference) => {
    const [repository = '', tag = ''] = reference.replace(/^quay\.io\//, '').split(':')
    const image: Image = { version: '1', revision: '', pullSeconds: 0.1 }
    return pushImage(url, repository, tag, image)
  })
  await Promise.all([...owned, ...shared])
}
