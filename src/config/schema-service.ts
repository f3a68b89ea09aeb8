import { z } from 'zod'
import { duration } from './duration.ts'
import { preparation } from './schema-preparation.ts'
import { rolloutSettings } from './schema-rollout.ts'
import { minute, name, port, second, slackChannel, unit } from './schema-words.ts'

/** What is said of one service. */

const healthPort = z.union([port, z.literal('announced')])
/** Which of several announced ports is asked, by its number inside the container. */
const containerPort = port

const health = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('http'),
    port: healthPort,
    containerPort: containerPort.optional(),
    path: z.string().startsWith('/').default('/health'),
    timeout: duration(100, minute).default(2 * second),
    /** A field of the JSON answer that differs between two processes, such as `started_at`. */
    identity: z.string().min(1).optional(),
  }),
  z.strictObject({
    kind: z.literal('tcp'),
    port: healthPort,
    containerPort: containerPort.optional(),
    timeout: duration(100, minute).default(2 * second),
  }),
  z.strictObject({ kind: z.literal('none') }),
])

const image = z
  .string()
  .regex(
    /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+$/,
    'write host and repository without a tag, such as quay.io/opsee/api',
  )

const etcdKey = z.string().regex(/^\/\S*[^/\s]$/, 'write an absolute key, such as /opsee.co/releases/{tier}/{service}')

/** How an instance says which release it runs. */
const verify = z.discriminatedUnion('by', [
  /** A field of its health answer holds the digest. */
  z.strictObject({ by: z.literal('health'), field: z.string().min(1).default('digest') }),
  /** A field of its health answer holds what a label of the image says. */
  z.strictObject({
    by: z.literal('label'),
    label: z.enum(['revision', 'version']).default('revision'),
    field: z.string().min(1).default('revision'),
  }),
  /** It writes the digest to this etcd key; {tier}, {service}, {unit} and {instance} are filled in. */
  z.strictObject({ by: z.literal('key'), key: etcdKey }),
  z.strictObject({ by: z.literal('none') }),
])

const tagPattern = z
  .string()
  .regex(/^[A-Za-z0-9_.*?-]{1,128}$/, 'write a tag, where * stands for anything and ? for one sign, such as master-*')

/** A tier, alone or with the tags that a build must have one of. */
const onPush = z
  .union([name, z.strictObject({ tier: name, tags: z.array(tagPattern).min(1) })])
  .transform((value) => (typeof value === 'string' ? { tier: value, tags: null } : value))

export const service = z.strictObject({
  aliases: z.array(name).default([]),
  /** The group whose members deploy it to the tiers that its team may deploy to. */
  team: name,
  /** The fleet unit: a template with instances, or one plain unit for a singleton. */
  unit,
  /** Units that go down before an instance and come up after it. */
  sidekicks: z.array(unit).default([]),
  /** The name under which it announces itself in etcd; its own name unless given. */
  announcedAs: z.string().min(1).optional(),
  /** The repository that its units pull from; without it nothing is known of its releases. */
  image: image.optional(),
  /** How its units learn which release to pull: the tier's tag of the image, or an etcd key that holds the digest. */
  release: z.enum(['tag', 'key']).default('tag'),
  /** The etcd key, where `release` is `key`; {tier} and {service} are filled in. */
  releaseKey: etcdKey.default('/opsee.co/releases/{tier}/{service}/current'),
  verify: verify.default({ by: 'none' }),
  health: health.default({ kind: 'none' }),
  rollout: rolloutSettings.default({}),
  /** What runs once before anything of a deploy or a promotion is changed. */
  preparation: preparation.optional(),
  /** Where new builds of it are told, and what becomes of them; `slack.historyChannel` unless given. */
  channel: slackChannel.optional(),
  /** Tiers that a new build (of these tags, where some are named) is deployed to by itself, as far as the policy lets it. */
  deployOnPush: z.array(onPush).default([]),
  /** Where it is deployed; every tier unless given. */
  tiers: z.array(name).min(1).optional(),
})
