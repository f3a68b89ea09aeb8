import { pushImage, pushIndex } from '../../../demo/registry/push-image.ts'
import { registryUser, startRegistry } from '../../../demo/registry/start.ts'
import type { RegistryLogin } from '../../../src/config/docker-config.ts'
import { registryContract, type RegistryUnderTest } from '../../contracts/registry.ts'
import { digestOf, registryAt } from './fake-registry.ts'

const login: RegistryLogin = { kind: 'basic', ...registryUser }
const authorization = `Basic ${Buffer.from(`${registryUser.username}:${registryUser.password}`).toString('base64')}`
const accept = ['manifest', 'index'].map((kind) => `application/vnd.oci.image.${kind}.v1+json`).join(', ')

async function make(locked: boolean): Promise<RegistryUnderTest> {
  const server = await startRegistry({ locked })
  const registry = registryAt(server.url, locked ? { login } : {})
  const name = 'opsee/api'
  const push = (tag: string | null, version: string): Promise<string> =>
    pushImage(server.url, name, tag, { version, revision: `abc${version}`, source: 'https://example.org/api' })
  const look: RegistryUnderTest['look'] = async (tag) => {
    const response = await fetch(`${server.url}/v2/${name}/manifests/${tag}`, { headers: { accept, authorization } })
    const bytes = Buffer.from(await response.arrayBuffer())
    if (response.status === 404) return null
    return { digest: digestOf(bytes), mediaType: response.headers.get('content-type') ?? '' }
  }
  const entry = async (version: string, architecture: string) => {
    const digest = await push(null, version)
    const found = await registry.manifest(`quay.io/${name}`, digest)
    return { digest, size: found?.bytes ?? 0, architecture }
  }
  return {
    registry,
    repository: `quay.io/${name}`,
    push,
    pushIndex: async (tag, version) =>
      pushIndex(server.url, name, tag, [await entry(`${version}-arm`, 'arm64'), await entry(version, 'amd64')]),
    look,
    close: async () => {
      await registry.close()
      await server.stop()
    },
  }
}

registryContract('a real registry', () => make(false))
registryContract('a real registry with Basic authentication', () => make(true))
