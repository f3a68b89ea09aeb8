import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * `pull.js <reference> <folder>`: the pull of the stand-in docker. Writes the image's single layer, and the digest under
 * which it was found, to `<folder>/<reference>`. Every host is the registry at SHOP_REGISTRY. It imports only what Node.js
 * has, as a machine of three pulls for each instance.
 */
const [, , reference = '', folder = ''] = process.argv
const registry = process.env['SHOP_REGISTRY'] ?? ''
const began = performance.now()
const timeoutMs = 10_000
const agent = new Agent({ keepAlive: true })

interface Got {
  readonly status: number
  readonly body: Buffer
}

function get(url: string, accept: string): Promise<Got> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, headers: { accept }, timeout: timeoutMs }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }))
      response.once('error', reject)
    })
    asked.once('timeout', () => asked.destroy(new Error('i/o timeout')))
    asked.once('error', reject)
    asked.end()
  })
}

const fail = (why: string): never => {
  process.stderr.write(`Error response from daemon: ${why}\n`)
  process.exit(1)
}

/** The digests that a manifest names, in its own order. */
function digestsIn(manifest: Buffer): { readonly images: readonly string[]; readonly layers: readonly string[] } {
  const content: unknown = JSON.parse(manifest.toString('utf8'))
  const listOf = (name: string): string[] => {
    const list: unknown = typeof content === 'object' && content !== null ? Reflect.get(content, name) : []
    return (Array.isArray(list) ? list : []).map((one: unknown) =>
      typeof one === 'object' && one !== null ? String(Reflect.get(one, 'digest')) : '',
    )
  }
  return { images: listOf('manifests'), layers: listOf('layers') }
}

async function pull(): Promise<void> {
  // The host goes: `quay.io/opsee/bartnet:v1` is `opsee/bartnet` here.
  const [first = '', ...rest] = reference.split('/')
  const local = /[.:]/.test(first) ? rest.join('/') : reference
  const at = local.indexOf('@')
  const colon = local.indexOf(':')
  const cut = at >= 0 ? at : colon >= 0 ? colon : local.length
  const repository = `${registry}/v2/${local.slice(0, cut)}`
  const wanted = local.slice(cut + 1) || 'latest'
  const accept = ['manifest', 'index'].map((kind) => `application/vnd.oci.image.${kind}.v1+json`).join(', ')
  const manifestAt = async (name: string): Promise<Buffer> => {
    const { status, body } = await get(`${repository}/manifests/${name}`, accept)
    if (status === 404) return fail(`manifest for ${reference} not found: manifest unknown: manifest unknown`)
    if (status !== 200)
      return fail(`Head "${repository}/manifests/${name}": received unexpected HTTP status: ${status}`)
    return body
  }
  const top = await manifestAt(wanted)
  const digest = `sha256:${createHash('sha256').update(top).digest('hex')}`
  if (at >= 0 && digest !== wanted) fail(`manifest verification failed for digest ${wanted}`)
  const [image] = digestsIn(top).images
  const { layers } = digestsIn(image === undefined ? top : await manifestAt(image))
  const layer = await get(`${repository}/blobs/${layers[0] ?? ''}`, '*/*')
  if (layer.status !== 200) fail(`unknown blob ${layers[0] ?? ''}`)
  agent.destroy()
  const seconds = Number(/^PULL_SECONDS=(.*)$/m.exec(layer.body.toString('utf8'))?.[1] ?? 0)
  await sleep(Math.max(0, seconds * 1000 - (performance.now() - began)))
  const file = path.join(folder, reference)
  mkdirSync(path.dirname(file), { recursive: true })
  // What starts at the same moment sees the old image or the new one.
  writeFileSync(`${file}.${process.pid}`, `${layer.body.toString('utf8')}DIGEST=${digest}\n`)
  renameSync(`${file}.${process.pid}`, file)
  process.stdout.write(`Digest: ${digest}\nStatus: Downloaded newer image for ${reference}\n`)
}

await pull().catch((error: unknown) => {
  fail(`Get "${registry}/v2/": ${error instanceof Error ? error.message : String(error)}`)
})
