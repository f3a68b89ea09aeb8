import { createRegistry } from './adapters/registry/registry.ts'
import { registryOptionsOf } from './config/adapter-options.ts'
import { helperNotes, type DockerConfig } from './config/docker-config.ts'
import type { Proxy } from './config/proxy.ts'
import type { Config, ServiceConfig } from './config/schema.ts'
import type { Secrets } from './config/secrets.ts'
import { shortDigest } from './domain/release.ts'
import { count } from './domain/wording.ts'
import type { Clock } from './ports/clock.ts'
import type { RegistryReader } from './ports/registry.ts'

/** One finding: a sentence for the operator, with what to do when it is not good. */
export interface Finding {
  readonly kind: 'ok' | 'warning' | 'failed'
  readonly about: string
  readonly text: string
}

/** Looks for the image of each service that names one, under every tag that its units pull. */
export async function checkRegistry(
  config: Config,
  secrets: Pick<Secrets, 'registryPasswords'>,
  { docker, proxy }: { readonly docker: DockerConfig; readonly proxy: Proxy | null },
  clock: Clock,
): Promise<readonly Finding[]> {
  const about = 'registry'
  const named = Object.values(config.services).filter(({ image }) => image !== undefined)
  const options = registryOptionsOf(config, secrets, docker)
  if (options === null) {
    if (named.length === 0) return []
    const text = `${count(named.length, 'service')} with an image, but no registry: nothing is known of releases. Write registry: {}`
    return [{ kind: 'warning', about, text }]
  }
  const notes = helperNotes(config, docker).map((text): Finding => ({ kind: 'warning', about, text }))
  const registry = createRegistry({ ...options, proxy }, clock)
  try {
    const checks = Object.entries(config.services).map(([name, service]) => checkImage(registry, config, name, service))
    const findings = [...notes, ...(await Promise.all(checks)).flat()]
    // A registry that is away is said once, not for each service.
    return findings.filter(({ text }, at) => findings.findIndex((other) => other.text === text) === at)
  } finally {
    await registry.close()
  }
}

async function checkImage(
  registry: RegistryReader,
  config: Config,
  name: string,
  { image, release, tiers = Object.keys(config.tiers) }: ServiceConfig,
): Promise<readonly Finding[]> {
  const about = `image of ${name}`
  if (image === undefined) return []
  try {
    if (release === 'key') {
      const tags = await registry.tags(image)
      return tags.length === 0
        ? [{ kind: 'warning', about, text: `${image} is not there, or has no tag yet` }]
        : [{ kind: 'ok', about, text: `${image} has ${count(tags.length, 'tag')}` }]
    }
    const found = await Promise.all(
      tiers.map(async (tier) => {
        const tag = config.tiers[tier]?.tag ?? tier
        return { tier, tag, digest: (await registry.manifest(image, tag))?.digest ?? null }
      }),
    )
    const there = found.flatMap(({ tag, digest }) => (digest === null ? [] : [`${tag} is ${shortDigest(digest)}`]))
    const missing = found.flatMap(({ tier, tag, digest }): Finding[] =>
      digest !== null
        ? []
        : [
            {
              kind: 'warning',
              about,
              text: `${image}:${tag} is not there: what starts in ${tier} has nothing to pull`,
            },
          ],
    )
    return there.length === 0 ? missing : [{ kind: 'ok', about, text: `${image}: ${there.join(', ')}` }, ...missing]
  } catch (error) {
    return [{ kind: 'failed', about, text: error instanceof Error ? error.message : String(error) }]
  }
}
