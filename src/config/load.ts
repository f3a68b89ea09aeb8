import { access, constants, readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { ConfigFault } from './fault.ts'
import { parseConfig, placeIn, type ParsedConfig } from './parse.ts'
import type { Config } from './schema.ts'

/**
 * Reads a configuration file and looks that the files it names can be read. Their paths are relative to the
 * configuration's own folder, and absolute in what is returned. Never rejects; all faults at once.
 */
export async function loadConfig(file: string, secrets: readonly string[] = []): Promise<ParsedConfig> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const message = `cannot be read (${codeOf(error)}): name the configuration's file, or begin with opsee.example.yaml`
    return { kind: 'faults', faults: [{ line: null, column: null, path: '', message }] }
  }
  const parsed = parseConfig(text, secrets)
  if (parsed.kind === 'faults') return parsed
  const config = withAbsoluteFiles(parsed.config, dirname(resolve(file)))
  const faults: ConfigFault[] = []
  for (const { path, at } of filesOf(config)) {
    try {
      await access(at, constants.R_OK)
    } catch (error) {
      faults.push({ ...placeIn(text, path), path: path.join('.'), message: `${at} cannot be read (${codeOf(error)})` })
    }
  }
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'config', config }
}

interface NamedFile {
  readonly path: readonly string[]
  readonly at: string
}

function filesOf(config: Config): NamedFile[] {
  const named = (path: readonly string[], files: Readonly<Record<string, string | undefined>>): NamedFile[] =>
    Object.entries(files).flatMap(([key, at]) => (at === undefined ? [] : [{ path: [...path, key], at }]))
  const files = [{ path: ['policy'], at: config.policy }, ...named(['etcd', 'tls'], { ...config.etcd.tls })]
  files.push(...named(['registry'], { dockerConfig: config.registry?.dockerConfig }))
  for (const [name, { fleet }] of Object.entries(config.tiers)) {
    files.push(...named(['tiers', name, 'fleet'], { knownHostsFile: fleet.knownHostsFile }))
    files.push(...named(['tiers', name, 'fleet', 'tls'], { ...fleet.tls }))
  }
  return files
}

function withAbsoluteFiles(config: Config, folder: string): Config {
  const absolute = (path: string): string => resolve(folder, path)
  const tlsOf = (tls: NonNullable<Config['etcd']['tls']>) => ({
    ...(tls.caFile === undefined ? {} : { caFile: absolute(tls.caFile) }),
    ...(tls.certFile === undefined ? {} : { certFile: absolute(tls.certFile) }),
    ...(tls.keyFile === undefined ? {} : { keyFile: absolute(tls.keyFile) }),
  })
  const { binary } = config.fleetctl
  const { registry } = config
  const dockerConfig = registry?.dockerConfig === undefined ? {} : { dockerConfig: absolute(registry.dockerConfig) }
  const tiers = Object.entries(config.tiers).map(([name, tier]) => {
    const { tls, knownHostsFile, ...rest } = tier.fleet
    const fleet = {
      ...rest,
      ...(knownHostsFile === undefined ? {} : { knownHostsFile: absolute(knownHostsFile) }),
      ...(tls === undefined ? {} : { tls: tlsOf(tls) }),
    }
    return [name, { ...tier, fleet }] as const
  })
  return {
    ...config,
    policy: absolute(config.policy),
    etcd: { ...config.etcd, ...(config.etcd.tls === undefined ? {} : { tls: tlsOf(config.etcd.tls) }) },
    // A bare name is looked up in PATH.
    fleetctl: { ...config.fleetctl, binary: binary.includes('/') ? absolute(binary) : binary },
    ...(registry === undefined ? {} : { registry: { ...registry, ...dockerConfig } }),
    tiers: Object.fromEntries(tiers),
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error)
}
