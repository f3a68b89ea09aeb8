import { z } from 'zod'
import { duration } from './duration.ts'
import { registry } from './schema-registry.ts'
import { rolloutSettings, type RolloutSettings } from './schema-rollout.ts'
import { service } from './schema-service.ts'
import { webhooks } from './schema-webhooks.ts'
import { file, host, hour, keyPrefix, minute, name, port, second, slackChannel } from './schema-words.ts'

/**
 * The shape of `opsee.yaml`. Every duration is in milliseconds once parsed. Secrets have no place here: they come from
 * the environment (`src/config/secrets.ts`).
 */

const slackUser = z.string().regex(/^[UW][A-Z0-9]{2,}$/, 'write a Slack user id such as U012ABCDEF')
const slackTeam = z.string().regex(/^[TE][A-Z0-9]{2,}$/, 'write a Slack team id such as T012ABCDEF')
const slackUserGroup = z.string().regex(/^S[A-Z0-9]{2,}$/, 'write a Slack user group id such as S012ABCDEF')
const tls = z.strictObject({ caFile: file.optional(), certFile: file.optional(), keyFile: file.optional() })

const fleetEndpoint = z
  .string()
  .regex(/^(https?:\/\/[^\s/]+|unix:\/\/\/\S+)$/, 'write http://host:port, https://host:port or unix:///path')

const fleet = z
  .strictObject({
    /** Tried in this order; the one that answers is kept until it fails. */
    endpoints: z.array(fleetEndpoint).min(1).optional(),
    /** `host[:port]` of a machine to reach fleet through ssh. Needs SSH_AUTH_SOCK in the bot's environment. */
    tunnel: z.string().min(1).optional(),
    knownHostsFile: file.optional(),
    strictHostKeyChecking: z.boolean().default(true),
    tls: tls.optional(),
  })
  .refine((value) => value.endpoints !== undefined || value.tunnel !== undefined, 'name endpoints, or a tunnel')

const tier = z.strictObject({
  aliases: z.array(name).default([]),
  /**
   * What the policy asks about: the shipped one lets teams change tiers that are not protected, and `deployers` those
   * that are. Unless given, every tier is but one named staging.
   */
  protected: z.boolean().optional(),
  fleet,
  /** The image tag that this tier's units pull; the tier's name unless given. */
  tag: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, 'write an image tag, such as production')
    .optional(),
  /** A release must have been rolled out with success in this earlier tier before it may come here by a deploy or a promotion. */
  promotedFrom: name.optional(),
  /** How long ago that must be, without a failure since; 0s for no time. */
  steadyBefore: duration(0, 30 * 24 * hour).optional(),
  /** Rollout settings of this tier, over the defaults and under the service's own. */
  rollout: rolloutSettings.default({}),
  /** How many rollouts may run at once on this fleet, over the engine's own number; a further one waits. */
  rolloutsAtOnce: z.int().min(1).max(1000).optional(),
  /** Where closing lines of this tier go, if not to `slack.historyChannel`. */
  historyChannel: slackChannel.optional(),
})

const group = z.union([z.strictObject({ users: z.array(slackUser) }), z.strictObject({ slackUserGroup })])

export const configSchema = z.strictObject({
  slack: z.strictObject({
    mode: z.enum(['socket', 'http']).default('socket'),
    /** Listening port in HTTP mode. */
    port: port.default(3000),
    /** Address to listen on in HTTP mode: Slack, or what ends TLS before it, must reach it. */
    host: host.default('0.0.0.0'),
    /** Where one closing line per rollout goes. */
    historyChannel: slackChannel,
    /**
     * Other organisations, by the id of their workspace or organisation, whose people may ask Opsee through Slack
     * Connect: `read` lets them look, `all` lets the policy decide as for our own people. Everybody else is refused.
     */
    teams: z.record(slackTeam, z.enum(['read', 'all'])).default({}),
    /** Only for a Slack that is not slack.com. */
    apiUrl: z.url().optional(),
  }),
  etcd: z.strictObject({
    endpoints: z.array(z.url({ protocol: /^https?$/ })).min(1),
    prefix: keyPrefix.default('/opsee.co/deploy/v1/'),
    /** With its password in OPSEE_ETCD_PASSWORD. */
    username: z.string().min(1).optional(),
    tls: tls.optional(),
  }),
  /** Registrator's keys: `<prefix><service>/<host>:<container>:<port>` with the value `ip:port`. */
  discovery: z.strictObject({ prefix: keyPrefix.default('/opsee.co/services/') }).prefault({}),
  /** What `get` and `ls` may read. */
  query: z
    .strictObject({
      prefixes: z.array(keyPrefix).default(['/opsee.co/services/']),
      /** Values under keys with one of these words in them are masked, beside what looks like a secret by itself. */
      secretWords: z
        .array(z.string().min(1))
        .default(['secret', 'password', 'passwd', 'token', 'credential', 'private', 'apikey', 'api_key', 'auth']),
    })
    .prefault({}),
  fleetctl: z
    .strictObject({
      binary: z.string().min(1).default('fleetctl'),
      /** The longest that one stop or start may take before it is killed. Must be well below the lease. */
      callTimeout: duration(second, minute).default(3 * second),
      /** The longest that one list may take. */
      listTimeout: duration(second, 5 * minute).default(10 * second),
      /** From the beginning of one look at a fleet to the beginning of the next, while a rollout runs on it. */
      pollInterval: duration(100, minute).default(500),
    })
    .prefault({}),
  engine: z
    .strictObject({
      /** How long a driver that went silent keeps its rollouts before another takes over. */
      leaseTtl: duration(3 * second, 5 * minute).default(10 * second),
      /** How many rollouts may run at once on each fleet; any number unless given. A further one waits. */
      rolloutsAtOnce: z.int().min(1).max(1000).optional(),
      /** How many rollouts may wait on one target; 0 for none, so that a busy target refuses. */
      queueLength: z.int().min(0).max(100).default(10),
      /** The defaults of every rollout. */
      rollout: rolloutSettings.default({}),
    })
    .prefault({}),
  rollouts: z
    .strictObject({
      /** After a failure on a target, those that wait for it ask for confirmation, or start by themselves. */
      afterFailure: z.enum(['ask', 'start']).default('ask'),
    })
    .prefault({}),
  /** Tags that name whatever was pushed last, in any case: nobody deploys them by name. */
  movingTags: z.array(z.string().min(1)).default(['latest', 'stable', 'master', 'main']),
  /** Where images come from; without it nothing is known of releases, and everything else works. */
  registry: registry.optional(),
  /** Where registries and build servers tell of new builds (`POST /hooks/…`); without it nothing listens. */
  hooks: z
    .strictObject({
      port: port.default(3001),
      /** What ends TLS before it must reach this address. */
      host: host.default('0.0.0.0'),
    })
    .optional(),
  /** `GET /healthz` on a port of its own; without it only on the ports above. */
  healthz: z.strictObject({ port: port.default(3002), host: host.default('0.0.0.0') }).optional(),
  /** Who is told of rollouts outside of the chat, signed with OPSEE_WEBHOOK_SECRET. */
  webhooks,
  reminders: z
    .strictObject({
      /** Who holds a lock without an end, or stopped a tier, is reminded after this long, and again each time; 0s for never. */
      every: duration(0, 30 * 24 * hour).default(8 * hour),
    })
    .prefault({}),
  drift: z
    .strictObject({
      /** What should run and what runs are compared by themselves this often; 0s for never. */
      every: duration(0, 7 * 24 * hour).default(15 * minute),
    })
    .prefault({}),
  retention: z
    .strictObject({
      /** Rollouts kept in full, with their events. */
      rollouts: z.int().min(100).default(10_000),
      /** Audit records kept of what was allowed. */
      audit: z.int().min(1000).default(100_000),
      /** Audit records kept of what was denied: they never displace those of what was allowed. */
      denials: z.int().min(1000).default(20_000),
      /** Builds kept of each service. */
      builds: z.int().min(10).default(100),
    })
    .prefault({}),
  policy: file.default('policy.cedar'),
  groups: z.record(name, group),
  tiers: z.record(name, tier),
  services: z.record(name, service),
})

export type Config = z.output<typeof configSchema>
export type ServiceConfig = Config['services'][string]
export type TierConfig = Config['tiers'][string]
export type GroupConfig = Config['groups'][string]
export type { RolloutSettings }
