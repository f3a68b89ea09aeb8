import type { Import } from './imports.ts'

/**
 * DESIGN.md section 3 as a table: what each folder may import beside itself, folders or single files. `types` are imports that are gone when it
 * runs: names of what is handed in.
 */
interface Layer {
  readonly imports: readonly string[]
  readonly types?: readonly string[]
}

const words = ['src/domain', 'src/config']

const layers: Readonly<Record<string, Layer>> = {
  // The words: visible to all, and they see nothing else.
  'src/domain': { imports: words },
  'src/config': { imports: words },
  'src/ports': { imports: words },
  // The words behind a program's name: read before anything else.
  'src/command-line': { imports: [] },
  // Adapters: each behind its port, none beside another; two of them start processes, and four use HTTP alike.
  'src/adapters/process': { imports: [...words, 'src/ports'] },
  'src/adapters/etcd': { imports: [...words, 'src/ports'] },
  'src/adapters/fleet': { imports: [...words, 'src/ports', 'src/adapters/process'] },
  'src/adapters/preparation': { imports: [...words, 'src/ports', 'src/adapters/process'] },
  'src/adapters/health': { imports: [...words, 'src/ports'] },
  'src/adapters/registry': { imports: [...words, 'src/ports', 'src/adapters/http'] },
  'src/adapters/http': { imports: [...words, 'src/ports'] },
  'src/adapters/webhooks': { imports: [...words, 'src/ports', 'src/adapters/http'] },
  'src/adapters/hooks': { imports: [...words, 'src/ports', 'src/adapters/http'] },
  'src/adapters/system': { imports: [...words, 'src/ports'] },
  'src/adapters/slack': {
    imports: [...words, 'src/ports', 'src/adapters/http'],
    types: ['src/command', 'src/authorization'],
  },
  // What works on the ports. The engine never speaks to a chat, and the narrator never to a fleet.
  'src/store': { imports: [...words, 'src/ports'] },
  // A capability opens the grant that the door has minted: it is the one thing here that looks back at the door.
  'src/services': { imports: [...words, 'src/ports', 'src/store', 'src/rollout', 'src/authorization'] },
  'src/rollout': { imports: [...words, 'src/ports', 'src/store'], types: ['src/services'] },
  'src/narrator': { imports: [...words, 'src/ports', 'src/store', 'src/services'] },
  // The door, and what goes through it.
  'src/authorization': { imports: [...words, 'src/ports', 'src/store'], types: ['src/services', 'src/command'] },
  'src/command': { imports: [...words, 'src/ports', 'src/store', 'src/authorization'], types: ['src/services'] },
  commands: {
    imports: [...words, 'src/command', 'src/authorization/rights.ts'],
    types: ['src/ports', 'src/authorization', 'src/services'],
  },
}

/** Files that put the parts together: the only ones that see everything. */
const compositionRoots = new Set([
  'src/main.ts',
  'src/app.ts',
  'src/chores.ts',
  'src/doorway.ts',
  'src/drift.ts',
  'src/hooks.ts',
  'src/incoming.ts',
  'src/receive.ts',
  'src/announce.ts',
  'src/connect.ts',
  'src/check-config.ts',
  'src/check-registry.ts',
  'src/check-preparations.ts',
])

/** Packages with one home each: whoever else needs what they do asks a port. */
const homes: Readonly<Record<string, readonly string[]>> = {
  etcd3: ['src/adapters/etcd'],
  '@grpc/grpc-js': ['src/adapters/etcd'],
  cockatiel: ['src/adapters/etcd'],
  '@slack/bolt': ['src/adapters/slack'],
  '@slack/logger': ['src/adapters/slack'],
  '@slack/socket-mode': ['src/adapters/slack'],
  '@slack/types': ['src/adapters/slack'],
  '@slack/web-api': ['src/adapters/slack'],
  execa: ['src/adapters/fleet', 'src/adapters/preparation'],
  'node:child_process': ['src/adapters/fleet'],
  undici: [
    'src/adapters/http',
    'src/adapters/health',
    'src/adapters/registry',
    'src/adapters/slack',
    'src/adapters/webhooks',
  ],
  '@cedar-policy/cedar-wasm': ['src/authorization/cedar.ts'],
  yaml: ['src/config'],
}

/** What an import breaks, in words; null when it is as it should be. */
export function breach(one: Import): string | null {
  if (compositionRoots.has(one.from)) return null
  const layer = layerOf(one.from)
  if (layer === null) return `${one.from} is in no known folder: say in test/architecture/layers.ts what it may import`
  if (one.kind !== 'own') {
    const home = homes[one.to]
    if (home === undefined || home.includes(layer) || home.includes(one.from)) return null
    return `${one.from} imports ${one.to}, which only ${home.join(' and ')} may`
  }
  const to = layerOf(one.to)
  if (to === layer) return null
  const rules = layers[layer]
  const allowed = [...(rules?.imports ?? []), ...(one.typeOnly ? (rules?.types ?? []) : [])]
  if ((to !== null && allowed.includes(to)) || allowed.includes(one.to)) return null
  const what = one.typeOnly ? 'imports types of' : 'imports'
  return `${one.from} ${what} ${one.to}; ${layer} may import ${allowed.join(', ')}`
}

function layerOf(file: string): string | null {
  return Object.keys(layers).find((layer) => file.startsWith(`${layer}/`)) ?? null
}
