#!/usr/bin/env node
import { hostname } from 'node:os'
import { dirname, resolve } from 'node:path'
import { randomBytes } from 'node:crypto'
import { listenForHooks, type HookListener } from './adapters/hooks/listen.ts'
import { listenForHealth } from './adapters/http/healthz.ts'
import type { Listener } from './adapters/http/listen.ts'
import { createSlackGroups } from './adapters/slack/groups.ts'
import { createPreparationRunner } from './adapters/preparation/runner.ts'
import { createSlackPeople } from './adapters/slack/people.ts'
import { createSlackReceiver, type SlackReceiver } from './adapters/slack/receiver.ts'
import { systemClock } from './adapters/system/clock.ts'
import { createLog } from './adapters/system/log.ts'
import { createApp } from './app.ts'
import type { Policy } from './authorization/policy.ts'
import { readPolicy } from './authorization/read-policy.ts'
import { answerAtOnce } from './command-line/answer-at-once.ts'
import { opseeUsage } from './command-line/opsee-usage.ts'
import { readArguments } from './command-line/read-arguments.ts'
import { commandsDirectory, loadCommands } from './command/load.ts'
import { preparationOptionsOf } from './config/adapter-options.ts'
import { dockerConfigOf, dockerSecrets, helperNotes, type DockerConfig } from './config/docker-config.ts'
import { faultsText } from './config/fault.ts'
import { loadConfig } from './config/load.ts'
import { proxySecrets, readProxy, type Proxy } from './config/proxy.ts'
import { createRedact } from './config/redact.ts'
import type { Config } from './config/schema.ts'
import { readSecrets, secretValues, type Secrets } from './config/secrets.ts'
import { commandTimeoutMs, connect, engineTimeoutMs, slackTimeoutMs, type Connections } from './connect.ts'
import type { IncomingHandlers } from './ports/incoming.ts'
import type { Log } from './ports/log.ts'
import type { PeopleDirectory } from './ports/people.ts'

/** The bot's process: `opsee [config.yaml]`, or OPSEE_CONFIG, or opsee.yaml here. Secrets come from the environment. */

/** At SIGTERM Slack stops sending, and what is under way gets this long to reach its next safe point. */
const stopWithinMs = 10_000

async function main(): Promise<void> {
  const { env, argv } = process
  const asked = readArguments(argv.slice(2), env['OPSEE_CONFIG'] ?? 'opsee.yaml')
  if (asked.kind !== 'file') {
    process.exitCode = answerAtOnce(asked, opseeUsage, process)
    return
  }
  const { file } = asked
  const { config, secrets, docker, policy, proxy } = await settle(file, env)
  const known = [...secretValues(env), ...proxySecrets(env), ...dockerSecrets(docker)]
  let masking = createRedact(known)
  const redact = (text: string): string => masking(text)
  const secretsChanged = (fresh: readonly string[]): void => {
    known.push(...fresh)
    masking = createRedact(known)
  }
  const log = createLog(env['OPSEE_LOG_LEVEL'] ?? 'info', redact)
  for (const note of helperNotes(config, docker)) log.warn({}, note)
  const clock = systemClock
  const commands = await loadCommands(commandsDirectory())
  const connections = await connect({ config, secrets, docker, proxy, clock, log, env, secretsChanged })
  const { store, schedulers, probe, chat } = connections
  const people = createSlackPeople(chat, clock, log)
  const app = createApp({
    config,
    commands,
    policy,
    stores: {
      commands: store.within(commandTimeoutMs),
      engine: store.within(engineTimeoutMs),
      discovery: store.under(config.discovery.prefix).within(commandTimeoutMs),
      absolute: store.under('').within(commandTimeoutMs),
    },
    schedulers,
    probe,
    registry: connections.registry,
    preparations: createPreparationRunner(preparationOptionsOf(config, dirname(resolve(file)), env), clock),
    webhooks: connections.webhooks,
    chat,
    directory: createSlackGroups(chat.clients, clock, log),
    people,
    clock,
    log,
    redact,
    driver: `${hostname()}:${process.pid}`,
    newId: () => randomBytes(5).toString('hex'),
  })
  const receiver = receiverFor(
    config,
    secrets,
    { ...connections, people },
    { command: (incoming) => app.handle(incoming) },
    log,
  )
  let hooks: HookListener | null = null
  let healthz: Listener | null = null
  stopOnSignals(log, async () => {
    // At once: whoever takes the rollouts up need not wait for answers that are still being given.
    await Promise.all([receiver.stop(), hooks?.stop(), app.stop(stopWithinMs)])
    await connections.close()
    await healthz?.stop()
  })
  // What nobody handles is a fault of the program: told in the log, redacted, and left to whoever starts it again.
  for (const fault of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(fault, (error: unknown) => {
      log.error({ err: error }, `${fault}: ending, to be started again`)
      process.exit(1)
    })
  }
  if (config.healthz !== undefined) healthz = await listenForHealth(config.healthz, clock, log)
  app.start()
  if (config.hooks !== undefined) {
    const options = { ...config.hooks, secret: secrets.hookSecret ?? '' }
    hooks = await listenForHooks(options, { arrived: (build) => app.arrived(build) }, clock, log)
  }
  await receiver.start()
  log.info({ config: file, tiers: Object.keys(config.tiers), commands: commands.names.length }, 'opsee is ready')
}

/** All faults of the configuration, the secrets and the policy, told at once. */
async function settle(
  file: string,
  env: NodeJS.ProcessEnv,
): Promise<{ config: Config; secrets: Secrets; docker: DockerConfig; policy: Policy; proxy: Proxy | null }> {
  const loaded = await loadConfig(file, secretValues(env))
  if (loaded.kind === 'faults') throw new CannotStart(faultsText(file, loaded.faults))
  const { config } = loaded
  const read = readSecrets(env, config)
  const parsed = await readPolicy(config.policy, config)
  const docker = await dockerConfigOf(config)
  const proxy = readProxy(env)
  const faults = [
    ...(read.kind === 'missing' ? read.faults : []),
    ...(docker.kind === 'fault' ? [docker.message] : []),
    ...(proxy.kind === 'fault' ? [proxy.message] : []),
    ...(parsed.kind === 'refused' ? parsed.problems : []),
  ]
  if (read.kind === 'missing' || docker.kind === 'fault' || proxy.kind === 'fault' || parsed.kind === 'refused') {
    throw new CannotStart(faults.join('\n'))
  }
  return {
    config,
    secrets: read.secrets,
    docker: docker.docker,
    policy: parsed.policy,
    proxy: proxy.kind === 'proxy' ? proxy.proxy : null,
  }
}

/** What a person must mend before it can run: told without a stack. */
class CannotStart extends Error {
  override readonly name = 'CannotStart'
}

function receiverFor(
  config: Config,
  secrets: Secrets,
  connections: Connections & { readonly people: PeopleDirectory },
  handlers: IncomingHandlers,
  log: Log,
): SlackReceiver {
  const { slack } = config
  const { chat, people, proxied } = connections
  const common = {
    command: '/opsee',
    chat,
    people,
    timeoutMs: slackTimeoutMs,
    ...(proxied === null ? {} : { fetch: proxied.fetch }),
  }
  const apiUrl = slack.apiUrl ?? null
  return slack.mode === 'socket'
    ? createSlackReceiver(
        {
          ...common,
          mode: 'socket',
          appToken: secrets.slackAppToken ?? '',
          apiUrl,
          dispatcher: proxied?.dispatcher ?? null,
        },
        handlers,
        systemClock,
        log,
      )
    : createSlackReceiver(
        {
          ...common,
          mode: 'http',
          signingSecret: secrets.slackSigningSecret ?? '',
          port: slack.port,
          host: slack.host,
        },
        handlers,
        systemClock,
        log,
      )
}

function stopOnSignals(log: Log, stop: () => Promise<void>): void {
  let stopping = false
  const end = async (signal: string): Promise<void> => {
    if (stopping) return
    stopping = true
    log.info({ signal }, 'stopping')
    const giveUp = setTimeout(() => process.exit(1), stopWithinMs + 5000)
    giveUp.unref()
    await stop().catch((error: unknown) => log.error({ err: error }, 'could not stop cleanly'))
    log.info({}, 'stopped')
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void end(signal))
}

try {
  await main()
} catch (error) {
  const text =
    error instanceof Error
      ? error.name === 'CannotStart' || error.name === 'SlackRefused'
        ? error.message
        : (error.stack ?? error.message)
      : String(error)
  process.stderr.write(`opsee cannot start:\n${createRedact(secretValues(process.env))(text)}\n`)
  process.exit(1)
}
