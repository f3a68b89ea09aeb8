#!/usr/bin/env node
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createProxyFetch, type ProxyFetch } from './adapters/http/agent.ts'
import { createEtcdStore } from './adapters/etcd/store.ts'
import { createFleetScheduler } from './adapters/fleet/fleet-scheduler.ts'
import { checkAppToken } from './adapters/slack/app-token.ts'
import { createSlackChat } from './adapters/slack/chat.ts'
import { createSlackGroups } from './adapters/slack/groups.ts'
import { systemClock } from './adapters/system/clock.ts'
import { readPolicy } from './authorization/read-policy.ts'
import { checkPreparations } from './check-preparations.ts'
import { checkRegistry, type Finding } from './check-registry.ts'
import { answerAtOnce } from './command-line/answer-at-once.ts'
import { checkUsage } from './command-line/check-usage.ts'
import { readArguments } from './command-line/read-arguments.ts'
import { etcdOptionsOf, fleetOptionsOf } from './config/adapter-options.ts'
import { dockerConfigOf, dockerSecrets } from './config/docker-config.ts'
import { faultsText } from './config/fault.ts'
import { loadConfig } from './config/load.ts'
import { proxySecrets, readProxy } from './config/proxy.ts'
import { createRedact } from './config/redact.ts'
import type { Config } from './config/schema.ts'
import type { Secrets } from './config/secrets.ts'
import { readSecrets, secretValues } from './config/secrets.ts'
import { count } from './domain/wording.ts'
import type { Clock } from './ports/clock.ts'
import type { Log } from './ports/log.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Longest that the check of one part may take, in milliseconds. */
const partMs = 20_000
const callMs = 5000

/**
 * Tests a configuration: the file, the policy, the secrets, and then the programs that it names, the live etcd, fleets, registries and Slack, all at once.
 * Changes nothing anywhere. Resolves to the exit code: 0 when the bot could start and work.
 */
export async function checkConfig(deps: {
  readonly file: string
  readonly env: Environment
  readonly clock: Clock
  readonly print: (line: string) => void
}): Promise<0 | 1> {
  const { file, env, clock } = deps
  let redact = createRedact([...secretValues(env), ...proxySecrets(env)])
  let good = true
  const tell = ({ kind, about, text }: Finding): void => {
    if (kind === 'failed') good = false
    const lines = redact(text)
      .split('\n')
      .filter((line) => line.trim() !== '')
    deps.print(`${kind.padEnd(8)}${about}: ${lines.join('\n          ')}`)
  }
  const config = await checkFiles(file, env, tell)
  if (config === null) return 1
  const read = readSecrets(env, config)
  if (read.kind === 'missing') for (const fault of read.faults) tell({ kind: 'failed', about: 'secrets', text: fault })
  else tell({ kind: 'ok', about: 'secrets', text: 'all that this configuration needs are set' })
  const docker = await dockerConfigOf(config)
  if (docker.kind === 'fault') tell({ kind: 'failed', about: 'registry', text: docker.message })
  else redact = createRedact([...secretValues(env), ...proxySecrets(env), ...dockerSecrets(docker.docker)])
  const proxy = readProxy(env)
  if (proxy.kind === 'fault') tell({ kind: 'failed', about: 'proxy', text: proxy.message })
  if (proxy.kind === 'proxy') tell({ kind: 'ok', about: 'proxy', text: proxy.text })
  const through = proxy.kind === 'proxy' ? proxy.proxy : null
  const proxied = createProxyFetch(through)
  // What needs no missing secret is checked all the same.
  const secrets = read.kind === 'secrets' ? read.secrets : null
  const parts: Promise<readonly Finding[]>[] = [
    bounded('etcd', clock, checkEtcd(config, secrets, clock)),
    ...Object.keys(config.tiers).map((tier) => bounded(`fleet of ${tier}`, clock, checkTier(config, tier, env, clock))),
  ]
  parts.push(bounded('preparations', clock, checkPreparations(config, file, env)))
  if (secrets !== null && docker.kind === 'read') {
    parts.push(
      bounded('registry', clock, checkRegistry(config, secrets, { docker: docker.docker, proxy: through }, clock)),
    )
  }
  if (secrets !== null) parts.push(bounded('slack', clock, checkSlack(config, secrets, proxied, clock)))
  if (secrets !== null && config.slack.mode === 'socket') {
    parts.push(bounded('slack', clock, checkSocket(config, secrets.slackAppToken ?? '', proxied)))
  }
  for (const part of parts) for (const finding of await part) tell(finding)
  await proxied?.dispatcher.destroy()
  deps.print(good ? '\nThe bot can start with this configuration.' : '\nMend what failed, then run this again.')
  return good ? 0 : 1
}

async function checkFiles(file: string, env: Environment, tell: (finding: Finding) => void): Promise<Config | null> {
  const loaded = await loadConfig(file, secretValues(env))
  if (loaded.kind === 'faults') {
    tell({ kind: 'failed', about: 'configuration', text: faultsText(file, loaded.faults) })
    return null
  }
  const { config } = loaded
  const counts = (['services', 'tiers', 'groups'] as const).map((block) =>
    count(Object.keys(config[block]).length, block.slice(0, -1)),
  )
  tell({ kind: 'ok', about: 'configuration', text: `${file} with ${counts.join(', ')}` })
  const policy = await readPolicy(config.policy, config)
  if (policy.kind === 'refused') tell({ kind: 'failed', about: 'policy', text: policy.problems.join('\n') })
  else tell({ kind: 'ok', about: 'policy', text: config.policy })
  return config
}

async function checkEtcd(config: Config, secrets: Secrets | null, clock: Clock): Promise<readonly Finding[]> {
  const about = 'etcd'
  if (secrets === null && config.etcd.username !== undefined) return []
  const options = await etcdOptionsOf(config, secrets ?? { etcdPassword: null })
  const store = createEtcdStore({ ...options, timeoutMs: callMs, clock })
  try {
    const { version, dbSizeBytes, alarms } = await store.check()
    const text = `${config.etcd.endpoints.join(', ')}: version ${version}, ${Math.ceil(dbSizeBytes / 1_048_576)} MB`
    if (alarms.length === 0) return [{ kind: 'ok', about, text }]
    const cure = 'writes are refused: compact, defragment, then disarm the alarm (etcdctl alarm disarm)'
    return [{ kind: 'failed', about, text: `${text}, with the alarm ${alarms.join(', ')}: ${cure}` }]
  } finally {
    await store.close()
  }
}

async function checkTier(config: Config, tier: string, env: Environment, clock: Clock): Promise<readonly Finding[]> {
  const settings = config.tiers[tier]
  if (settings === undefined) return []
  const scheduler = createFleetScheduler(fleetOptionsOf(config, settings, env), clock)
  try {
    const { kind, lines } = await scheduler.checkFleet()
    // One endpoint that answers will do; the others are told as warnings then.
    const kindOf = (line: (typeof lines)[number]['kind']): Finding['kind'] =>
      line === 'good' ? 'ok' : line === 'fault' && kind === 'unusable' ? 'failed' : 'warning'
    return lines.map((line) => ({ kind: kindOf(line.kind), about: `fleet of ${tier}`, text: line.text }))
  } finally {
    await scheduler.close()
  }
}

async function checkSlack(
  config: Config,
  secrets: Secrets,
  proxied: ProxyFetch | null,
  clock: Clock,
): Promise<readonly Finding[]> {
  const about = 'slack'
  const apiUrl = config.slack.apiUrl ?? null
  const chat = createSlackChat(
    { token: secrets.slackBotToken, apiUrl, timeoutMs: callMs, ...fetchOf(proxied) },
    clock,
    silent,
  )
  try {
    const tierChannels = Object.values(config.tiers).flatMap((tier) => tier.historyChannel ?? [])
    const serviceChannels = Object.values(config.services).flatMap((service) => service.channel ?? [])
    const { identity, missingScopes, channels } = await chat.check([
      ...new Set([config.slack.historyChannel, ...tierChannels, ...serviceChannels]),
    ])
    if (identity.kind !== 'known') return [{ kind: 'failed', about, text: identity.message }]
    const { userId, team } = identity.identity
    const findings: Finding[] = [{ kind: 'ok', about, text: `the bot is ${userId} in ${team}` }]
    if (missingScopes.length > 0) {
      const text = `the token lacks ${missingScopes.join(', ')}: add them under "OAuth & Permissions" and reinstall the app`
      findings.push({ kind: 'failed', about, text })
    }
    for (const [id, state] of channels) {
      const open = state.kind === 'open'
      findings.push({
        kind: open ? 'ok' : 'failed',
        about,
        text: open ? `#${state.name} (${id}) can be written to` : state.message,
      })
    }
    const directory = createSlackGroups(chat.clients, clock, silent)
    for (const [name, group] of Object.entries(config.groups)) {
      if ('users' in group) continue
      const members = await directory.members(group.slackUserGroup)
      const text =
        members === null
          ? `the user group ${group.slackUserGroup} of ${name} cannot be read: what hangs on it is denied. Look at its id, and at the scope usergroups:read`
          : `the user group of ${name} has ${count(members.length, 'member')}`
      findings.push({ kind: members === null ? 'failed' : 'ok', about, text })
    }
    return findings
  } finally {
    chat.close()
  }
}

const fetchOf = (proxied: ProxyFetch | null) => (proxied === null ? {} : { fetch: proxied.fetch })

/** In Socket Mode the app-level token is the only way in: without it the bot speaks, and hears nothing. */
async function checkSocket(config: Config, appToken: string, proxied: ProxyFetch | null): Promise<readonly Finding[]> {
  const about = 'slack'
  const apiUrl = config.slack.apiUrl ?? null
  const checked = await checkAppToken({ appToken, apiUrl, timeoutMs: callMs, ...fetchOf(proxied) }, silent)
  return checked.kind === 'good'
    ? [{ kind: 'ok', about, text: 'the app-level token may open Socket Mode connections' }]
    : [{ kind: 'failed', about, text: checked.message }]
}

/** Its findings, or one that says why there are none. Never rejects, never takes longer than `partMs`. */
async function bounded(about: string, clock: Clock, work: Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  const done = new AbortController()
  const late = clock
    .sleep(partMs, done.signal)
    .then((): readonly Finding[] => [{ kind: 'failed', about, text: `gave no answer within ${partMs / 1000} s` }])
  try {
    return await Promise.race([work, late])
  } catch (error) {
    return [{ kind: 'failed', about, text: error instanceof Error ? error.message : String(error) }]
  } finally {
    done.abort()
  }
}

const nothing = (): void => undefined
const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing }

const [, entry, ...args] = process.argv
if (entry !== undefined && realpathSync(entry) === fileURLToPath(import.meta.url)) {
  const asked = readArguments(args, process.env['OPSEE_CONFIG'] ?? 'opsee.yaml')
  process.exitCode =
    asked.kind === 'file'
      ? await checkConfig({
          file: asked.file,
          env: process.env,
          clock: systemClock,
          print: (line) => console.log(line),
        })
      : answerAtOnce(asked, checkUsage, process)
}
