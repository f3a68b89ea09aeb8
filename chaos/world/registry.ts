import path from 'node:path'
import { pushImage, type Image } from '../../demo/registry/push-image.ts'
import { startRegistry, type RegistryServer } from '../../demo/registry/start.ts'
import { startRegistryProxy, type RegistryProxy } from '../../test/support/registry-proxy.ts'
import type { Asked } from '../checker/evidence.ts'
import { isReleased, tier, tiersOf, type ShopService } from './shop.ts'

/** What was built of a service before anybody looked: what it is good for, by its tag. */
const builds = [
  { build: 'v1', fault: 'none' },
  { build: 'v2', fault: 'none' },
  { build: 'v3', fault: 'none' },
  { build: 'bad', fault: 'crash' },
  { build: 'sick', fault: 'unhealthy' },
] as const
type Build = (typeof builds)[number]['build']
/** Those that serve. */
export const goodBuilds = ['v1', 'v2', 'v3'] as const

/** A real registry with the builds of the released services, and what the machines pull through. */
export interface ChaosRegistry {
  readonly server: RegistryServer
  /** Between the machines and it. The bots have proxies of their own. */
  readonly pulls: RegistryProxy
  /** What the unit files' docker needs on the machines of a tier. */
  envOf(tier: string): Readonly<Record<string, string>>
  /** What somebody else moved so far. */
  readonly moved: readonly Asked[]
  /** Which build a digest is; null: none of a service that is rolled here. */
  buildOf(digest: string): { readonly service: string; readonly build: Build } | null
  /** Which digest a build of a service has. */
  digestOf(service: string, build: string): string
  /** Moves the tag of a tier, production unless given, as somebody beside the bot. */
  move(service: string, build: Build, of?: string): Promise<void>
  /** What the tag of a tier names now, production unless given. */
  named(service: string, of?: string): Promise<string | null>
  close(): Promise<void>
}

export const repositoryOf = (service: string): string => `opsee/${service}`

export async function openRegistry(
  root: string,
  dir: string,
  services: readonly ShopService[],
): Promise<ChaosRegistry> {
  const server = await startRegistry()
  const known = new Map<string, { readonly service: string; readonly build: Build }>()
  const moved: Asked[] = []
  const image = (service: string, build: Build): Image => ({
    version: build,
    revision: `${service}-${build}`,
    fault: builds.find((one) => one.build === build)?.fault ?? 'none',
    pullSeconds: 0,
  })
  const push = (service: string, tag: string, build: Build): Promise<string> =>
    pushImage(server.url, repositoryOf(service), tag, image(service, build))
  const digestOf = (service: string, build: string): string => {
    const found = [...known].find(([, one]) => one.service === service && one.build === build)
    if (found === undefined) throw new Error(`nothing was built of ${service} as ${build}`)
    return found[0]
  }
  try {
    for (const { name } of services.filter(isReleased)) {
      for (const { build } of builds) known.set(await push(name, build, build), { service: name, build })
      for (const of of tiersOf(services)) await push(name, of, 'v1')
    }
    const pulls = await startRegistryProxy(server.url)
    return {
      server,
      pulls,
      envOf: (of) => ({
        SHOP_HOME: path.join(dir, `shop-${of}`),
        SHOP_REGISTRY: pulls.url,
        SHOP_NODE: process.execPath,
        SHOP_CODE: path.join(root, 'dist', 'demo', 'shop'),
      }),
      moved,
      buildOf: (digest) => known.get(digest) ?? null,
      digestOf,
      async move(service, build, of = tier) {
        const at = Date.now()
        const digest = await push(service, of, build)
        const where = `/v2/${repositoryOf(service)}/manifests/${of}`
        moved.push({ at, doneAt: Date.now(), method: 'PUT', path: where, status: 201, digest, heard: true, pids: [] })
      },
      async named(service, of = tier) {
        const accept = 'application/vnd.oci.image.manifest.v1+json'
        const url = `${server.url}/v2/${repositoryOf(service)}/manifests/${of}`
        const answer = await fetch(url, { method: 'HEAD', headers: { accept }, signal: AbortSignal.timeout(5000) })
        return answer.headers.get('docker-content-digest')
      },
      async close() {
        await pulls.close()
        await server.stop()
      },
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}
