import { appendFileSync } from 'node:fs'
import type { Machine } from '../cluster/machine.ts'
import type { Registry } from '../cluster/registry.ts'
import { registryOf } from './fleet-api.ts'
import { instancesOf } from './instances.ts'

/**
 * Appends what fleet knows and what really runs to `path`, one JSON line `{ at, registry, instances }` for each change,
 * looking every `everyMs` of real time. Returns what ends it.
 */
export function keepChronicle(
  path: string,
  registry: Registry,
  machines: readonly Machine[],
  everyMs: number,
): () => void {
  let last = ''
  const timer = setInterval(() => {
    const now = JSON.stringify({ registry: registryOf(registry), instances: instancesOf(machines) })
    if (now === last) return
    last = now
    appendFileSync(path, `{"at":${Date.now()},${now.slice(1)}\n`)
  }, everyMs)
  return () => clearInterval(timer)
}
