import type { Config } from './schema.ts'

/** The secrets, from the environment alone. Null where the configuration needs none. */
export interface Secrets {
  readonly slackBotToken: string
  readonly slackAppToken: string | null
  readonly slackSigningSecret: string | null
  readonly etcdPassword: string | null
  /** Of `registry.hosts.<host>.username`, by host. */
  readonly registryPasswords: ReadonlyMap<string, string>
  /** What whoever tells of a build must know. */
  readonly hookSecret: string | null
  /** What events that are sent outward are signed with. */
  readonly webhookSecret: string | null
}

export type ReadSecrets =
  | { readonly kind: 'secrets'; readonly secrets: Secrets }
  /** Sentences for the operator; none of them holds a secret. */
  | { readonly kind: 'missing'; readonly faults: readonly string[] }

type Environment = Readonly<Record<string, string | undefined>>

export const secretNames = [
  'SLACK_BOT_TOKEN',
  'SLACK_APP_TOKEN',
  'SLACK_SIGNING_SECRET',
  'OPSEE_ETCD_PASSWORD',
  'OPSEE_REGISTRY_PASSWORD',
  'OPSEE_HOOK_SECRET',
  'OPSEE_WEBHOOK_SECRET',
] as const
type SecretName = (typeof secretNames)[number]

/** `OPSEE_REGISTRY_PASSWORD_QUAY_IO`: the password of one host, where several have a username. */
const registryPasswordOf = (host: string): string =>
  `OPSEE_REGISTRY_PASSWORD_${host.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`

/** What is set of them, for masking: also what this configuration does not need. */
export function secretValues(env: Environment): string[] {
  const ofHosts = Object.keys(env).filter((name) => name.startsWith('OPSEE_REGISTRY_PASSWORD_'))
  return [...secretNames, ...ofHosts].flatMap((name) => valueOf(env, name) ?? [])
}

/** All that this configuration needs, or all that is missing or mixed up. */
export function readSecrets(
  env: Environment,
  config: Pick<Config, 'slack' | 'etcd' | 'registry' | 'hooks' | 'webhooks'>,
): ReadSecrets {
  const faults: string[] = []
  const need = (name: SecretName, why: string, begins: string | null): string => {
    const value = valueOf(env, name)
    if (value === null) faults.push(`${name} is not set: ${why}.`)
    // A Slack of one's own may take any token.
    else if (begins !== null && config.slack.apiUrl === undefined && !value.startsWith(begins)) {
      const other = [...knownBeginnings].find(([beginning]) => value.startsWith(beginning))
      const looks = other === undefined ? '' : `, and this one looks like ${other[1]}`
      faults.push(`${name} is not the right kind of token: it begins with ${begins}${looks}.`)
    }
    return value ?? ''
  }
  const { mode } = config.slack
  const slackBotToken = need('SLACK_BOT_TOKEN', 'the bot token of the Slack app, from "OAuth & Permissions"', 'xoxb-')
  const slackAppToken =
    mode === 'socket'
      ? need(
          'SLACK_APP_TOKEN',
          'Socket Mode needs an app-level token with connections:write, from "Basic Information"',
          'xapp-',
        )
      : null
  const slackSigningSecret =
    mode === 'http'
      ? need('SLACK_SIGNING_SECRET', 'HTTP mode needs the signing secret, from "Basic Information"', null)
      : null
  const etcdPassword =
    config.etcd.username === undefined
      ? null
      : need('OPSEE_ETCD_PASSWORD', `the password of etcd.username "${config.etcd.username}"`, null)
  const registryPasswords = readRegistryPasswords(env, config.registry, faults)
  const hookSecret =
    config.hooks === undefined
      ? null
      : need('OPSEE_HOOK_SECRET', 'hooks need a secret that their senders know, such as `openssl rand -hex 32`', null)
  const webhookSecret =
    config.webhooks.length === 0
      ? null
      : need('OPSEE_WEBHOOK_SECRET', 'webhooks are signed with it; make one with `openssl rand -hex 32`', null)
  for (const [name, secret] of Object.entries({ OPSEE_HOOK_SECRET: hookSecret, OPSEE_WEBHOOK_SECRET: webhookSecret })) {
    if (secret !== null && secret !== '' && secret.length < shortestSecret)
      faults.push(`${name} is shorter than ${shortestSecret} characters: it could be guessed.`)
  }
  if (faults.length > 0) return { kind: 'missing', faults }
  return {
    kind: 'secrets',
    secrets: {
      slackBotToken,
      slackAppToken,
      slackSigningSecret,
      etcdPassword,
      registryPasswords,
      hookSecret,
      webhookSecret,
    },
  }
}

/** Each host's own, and the common one for a single host without: a password must not reach a registry that it is not for. */
function readRegistryPasswords(
  env: Environment,
  registry: Config['registry'],
  faults: string[],
): ReadonlyMap<string, string> {
  const common = valueOf(env, 'OPSEE_REGISTRY_PASSWORD')
  const named = Object.entries(registry?.hosts ?? {}).flatMap(([host, { username }]) =>
    username === undefined ? [] : [{ host, username, own: valueOf(env, registryPasswordOf(host)) }],
  )
  const without = named.filter(({ own }) => own === null)
  const passwords = new Map<string, string>()
  for (const { host, username, own } of named) {
    const password = own ?? (without.length === 1 ? common : null)
    if (password !== null) passwords.set(host, password)
    else if (without.length === 1)
      faults.push(
        `OPSEE_REGISTRY_PASSWORD is not set: the password of registry.hosts.${host}.username "${username}" ` +
          `(or ${registryPasswordOf(host)}).`,
      )
    else
      faults.push(
        `${registryPasswordOf(host)} is not set: the password of registry.hosts.${host}.username "${username}".`,
      )
  }
  return passwords
}

/** In characters. */
const shortestSecret = 16

const knownBeginnings: ReadonlyMap<string, string> = new Map([
  ['xoxb-', 'SLACK_BOT_TOKEN'],
  ['xapp-', 'SLACK_APP_TOKEN'],
  ['xoxp-', 'the token of a person'],
])

/** Without the blanks and line ends that copying leaves behind; null when there is nothing else. */
function valueOf(env: Environment, name: string): string | null {
  const value = env[name]?.trim()
  return value === undefined || value === '' ? null : value
}
