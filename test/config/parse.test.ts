import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { faultsText } from '../../src/config/fault.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { schemaFile } from '../../src/config/schema-file.ts'

const fileAt = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

const good = `slack: { historyChannel: C012ABCDEF }
etcd: { endpoints: [http://127.0.0.1:2379] }
groups:
  backend: { users: [U012AAAAAA] }
tiers:
  staging: { fleet: { endpoints: [http://127.0.0.1:49153] } }
  production:
    aliases: [prod]
    fleet: { tunnel: 'core.example:22' }
services:
  bartnet:
    aliases: [api]
    team: backend
    unit: bartnet@.service
`

/** Each fault as `line:column path: message`. */
function faults(text: string, secrets: readonly string[] = []): string[] {
  const parsed = parseConfig(text, secrets)
  return parsed.kind === 'config'
    ? []
    : faultsText('f', parsed.faults)
        .split('\n')
        .map((line) => line.slice(2))
}

/** The one fault that a change of the good configuration makes. */
function faultOf(from: string, to: string): string {
  expect(good).toContain(from)
  return faults(good.replace(from, to)).join('\n')
}

test('a small configuration is read, with its defaults', () => {
  const parsed = parseConfig(good)
  expect(parsed).toMatchObject({
    kind: 'config',
    config: { policy: 'policy.cedar', engine: { leaseTtl: 10_000 }, fleetctl: { callTimeout: 3000 } },
  })
})

test('the example is valid', () => {
  expect(faults(fileAt('opsee.example.yaml'))).toEqual([])
})

test('each key that the example shows commented out is valid too', () => {
  // One at a time, as a person would take the mark away.
  const lines = fileAt('opsee.example.yaml').split('\n')
  const shown = lines.flatMap((line, index) => (/^\s*# [a-zA-Z]+: \S/.test(line) ? [index] : []))
  expect(shown.length).toBeGreaterThan(8)
  for (const index of shown) {
    const changed = lines.map((line, at) => (at === index ? line.replace('# ', '') : line))
    const text = changed.join('\n')
    // TLS needs https as well.
    const whole = text.includes('\n  tls:') ? text.replace('http://127.0.0.1:2379', 'https://127.0.0.1:2379') : text
    expect([lines[index], ...faults(whole)]).toEqual([lines[index]])
  }
})

test('opsee.schema.json is made from the schema: when this fails, run npm run schema', () => {
  expect(JSON.parse(fileAt('opsee.schema.json'))).toEqual(JSON.parse(schemaFile()))
})

describe('a fault says where it is, and what to write instead', () => {
  test.each([
    [
      'an unknown key',
      'aliases: [api]',
      'alias: [api]',
      '12:5: services.bartnet.alias: unknown key "alias"; did you mean aliases? Valid here: aliases, team',
    ],
    ['a missing key', '    team: backend\n', '', '11:3: services.bartnet.team: is missing: write a text'],
    [
      'a bad name',
      '  staging: {',
      '  Stag_ing: {',
      '6:3: tiers.Stag_ing: "Stag_ing" is no good name: write a name of small letters',
    ],
    ['a number for a text', 'team: backend', 'team: 12', '13:11: services.bartnet.team: 12 will not do: write a text'],
    [
      'a text for a list',
      'aliases: [api]',
      'aliases: api',
      '12:14: services.bartnet.aliases: "api" will not do: write a list',
    ],
    [
      'a bad duration',
      'etcd:',
      'engine: { leaseTtl: 10 }\netcd:',
      '2:21: engine.leaseTtl: 10 will not do: write a text',
    ],
    [
      'a duration out of range',
      'etcd:',
      'engine: { leaseTtl: 1s }\netcd:',
      '2:21: engine.leaseTtl: 1s is out of range: write between 3s and 5m',
    ],
    [
      'a bad channel',
      'C012ABCDEF',
      "'#deploys'",
      '1:26: slack.historyChannel: "#deploys" will not do: write a Slack channel id',
    ],
    [
      'a bad choice',
      '{ historyChannel',
      '{ mode: sockt, historyChannel',
      '1:16: slack.mode: "sockt" will not do: write socket, or http',
    ],
    [
      'a bad port',
      '{ historyChannel',
      '{ port: 99999, historyChannel',
      '1:16: slack.port: 99999 is too large: write at most 65535',
    ],
    [
      'a bad host',
      '{ historyChannel',
      "{ host: 'all of them', historyChannel",
      '1:16: slack.host: "all of them" will not do: write an address or a host name of this machine',
    ],
    [
      'a bad address',
      'http://127.0.0.1:2379',
      'localhost:2379',
      '2:21: etcd.endpoints.0: "localhost:2379" will not do: write an address',
    ],
    ['an empty list', '[http://127.0.0.1:2379]', '[]', '2:9: etcd.endpoints: has too few entries: write at least 1'],
    [
      'no endpoint and no tunnel',
      "{ tunnel: 'core.example:22' }",
      '{}',
      '9:5: tiers.production.fleet: name endpoints, or a tunnel',
    ],
    [
      'an unknown kind of health',
      'team: backend',
      'team: backend\n    health: { kind: htp }',
      '14:21: services.bartnet.health.kind: there is no such kind: write http, or tcp, or none',
    ],
    [
      'health of no kind',
      'team: backend',
      'team: backend\n    health: {}',
      '14:5: services.bartnet.health.kind: there is no such kind: write http, or tcp, or none',
    ],
    [
      'a bad share',
      'team: backend',
      'team: backend\n    rollout: { batch: 0% }',
      '14:23: services.bartnet.rollout.batch: write a number of instances or a share such as 25%',
    ],
    [
      'a group of no shape',
      '{ users: [U012AAAAAA] }',
      '{ user: [U012AAAAAA] }',
      '4:14: groups.backend.user: unknown key "user"; did you mean users? Valid here: users, slackUserGroup.',
    ],
    [
      'a group that is a list',
      '{ users: [U012AAAAAA] }',
      '[U012AAAAAA]',
      '4:3: groups.backend: a list will not do: write `users: …`, or `slackUserGroup: …`',
    ],
    [
      'an instance for a template',
      'bartnet@.service',
      'bartnet@1.service',
      '14:11: services.bartnet.unit: write a template',
    ],
  ])('for %s', (_what, from, to, expected) => {
    expect(faultOf(from, to)).toContain(expected)
    expect(faultOf(from, to).split('\n')).toHaveLength(1)
  })

  test('all at once, in the order of the file', () => {
    const text = good.replace('C012ABCDEF', 'x').replace('U012AAAAAA', 'ann').replace('team: backend', 'team: 3')
    expect(faults(text).map((line) => line.split(':')[0])).toEqual(['1', '4', '13'])
  })

  test('for what is no YAML, a key twice, and an empty file', () => {
    expect(faults('slack: [').join()).toMatch(/^1:9: this is no YAML/)
    expect(faults(`${good}policy: a\npolicy: b\n`).join()).toMatch(/^16:1: this is no YAML: Map keys must be unique/)
    for (const text of ['', '# nothing\n', '- a\n', 'null', '42'])
      expect(faults(text).join()).toContain('opsee.example.yaml')
    expect(faults('{}').length).toBeGreaterThan(3)
  })

  test('for a bomb of references', () => {
    const levels = Array.from(
      { length: 12 },
      (_, n) => `l${n + 1}: &l${n + 1} [${Array(10).fill(`*l${n}`).join(', ')}]`,
    )
    expect(faults(`l0: &l0 [x]\n${levels.join('\n')}\n`).join()).toContain('it cannot be read')
  })
})

describe('a merge key', () => {
  const staging = '  staging: { fleet: { endpoints: [http://127.0.0.1:49153] } }\n'

  test('takes the keys of another block, and its own go first', () => {
    const base =
      '  staging: &base { tag: next, fleet: { endpoints: [http://127.0.0.1:49153] } }\n  second: { <<: *base, tag: own }\n'
    const parsed = parseConfig(good.replace(staging, base))
    expect(parsed).toMatchObject({ kind: 'config' })
    const tiers = parsed.kind === 'config' ? parsed.config.tiers : {}
    expect(tiers['second']).toMatchObject({ tag: 'own', fleet: { endpoints: ['http://127.0.0.1:49153'] } })
  })

  test('that is no block is told in words', () => {
    expect(faults(good.replace(staging, '  staging: { <<: 5 }\n')).join()).toContain('Merge sources must be maps')
  })
})

describe('what no single key shows', () => {
  test.each([
    [
      'a team that is no group',
      'team: backend',
      'team: backand',
      '13:11: services.bartnet.team: there is no group backand; did you mean backend? (there are backend)',
    ],
    [
      'a tier that there is not',
      'team: backend',
      'team: backend\n    tiers: [staging, prodution]',
      '14:22: services.bartnet.tiers.1: there is no tier prodution; did you mean production?',
    ],
    ['an alias that is a tier', 'aliases: [api]', 'aliases: [prod]', 'prod is also an alias of the service bartnet'],
    [
      'an alias that is a service',
      'aliases: [prod]',
      'aliases: [bartnet]',
      '8:15: tiers.production.aliases.0: bartnet is also a service',
    ],
    ['a service named as a tier', '  bartnet:\n', '  staging:\n', '6:3: tiers.staging: staging is also a service'],
    [
      'a name that is a word of the commands',
      'aliases: [api]',
      'aliases: [force]',
      '12:15: services.bartnet.aliases.0: force is a word of the commands',
    ],
    [
      'a call as long as its lease',
      'etcd:',
      'fleetctl: { callTimeout: 5s }\netcd:',
      '2:26: fleetctl.callTimeout: 5s is too long for engine.leaseTtl 10s',
    ],
    [
      'a settle over its deadline',
      'etcd:',
      'engine: { rollout: { settle: 10s, progressDeadline: 10s } }\netcd:',
      'engine.rollout.settle: must be shorter than progressDeadline',
    ],
    [
      'half a client certificate',
      '2379] }',
      '2379], tls: { certFile: a } }',
      'etcd.tls: certFile and keyFile go together',
    ],
    ['TLS to plain http', '2379] }', '2379], tls: { caFile: a } }', 'etcd.endpoints.0: is plain http'],
    [
      'half of what fleetctl needs',
      "'core.example:22' }",
      "'core.example:22', tls: { caFile: a } }",
      'tiers.production.fleet.tls: name caFile, certFile and keyFile',
    ],
    [
      'a sidekick of the wrong kind',
      'unit: bartnet@.service',
      'unit: bartnet@.service\n    sidekicks: [elb.service]',
      'services.bartnet.sidekicks.0: elb.service cannot go with bartnet@.service',
    ],
    [
      'a unit of two services',
      'services:\n',
      'services:\n  other: { team: backend, unit: bartnet@.service }\n',
      'services.bartnet.unit: bartnet@.service is also a unit of other',
    ],
    [
      'a build that nothing hears of',
      'team: backend',
      'team: backend\n    image: quay.io/opsee/api\n    deployOnPush: [staging]',
      'services.bartnet.deployOnPush: waits for builds that nothing hears of: add hooks',
    ],
    [
      'a build of no image',
      'team: backend',
      'team: backend\n    deployOnPush: [staging]',
      'services.bartnet.deployOnPush: waits for builds of no image',
    ],
    [
      'a build for a tier that there is not',
      'team: backend',
      'team: backend\n    deployOnPush: [prodution]',
      'services.bartnet.deployOnPush.0: there is no tier prodution; did you mean production?',
    ],
    [
      'a build for a tier that the service is not in',
      'team: backend',
      'team: backend\n    tiers: [staging]\n    deployOnPush: [production]',
      'services.bartnet.deployOnPush.0: production is none of its tiers',
    ],
    [
      'a build of tags that are none',
      'team: backend',
      'team: backend\n    deployOnPush: [{ tier: staging, tags: ["master *"] }]',
      'services.bartnet.deployOnPush.0.tags.0: "master *" will not do: write a tag, where * stands for anything',
    ],
    [
      'a receiver of a service that there is not',
      'etcd:',
      'webhooks: [{ url: http://a.example/x, services: [bartnett] }]\netcd:',
      'webhooks.0.services.0: there is no service bartnett; did you mean bartnet?',
    ],
    [
      'a receiver of a tier that there is not',
      'etcd:',
      'webhooks: [{ url: http://a.example/x, tiers: [stagin] }]\netcd:',
      'webhooks.0.tiers.0: there is no tier stagin; did you mean staging?',
    ],
    [
      'a receiver twice',
      'etcd:',
      'webhooks: [{ url: http://a.example/x }, { url: http://a.example/x }]\netcd:',
      'webhooks.1.url: is there already',
    ],
    [
      'two ways in at one port',
      'C012ABCDEF }',
      'C012ABCDEF, mode: http }\nhooks: { port: 3000 }',
      'hooks.port: 3000 is slack.port already',
    ],
    [
      'no service',
      good.slice(good.indexOf('services:')),
      'services: {}\n',
      '10:1: services: has no entry: name at least one service',
    ],
  ])('is told: %s', (_what, from, to, expected) => {
    expect(faultOf(from, to)).toContain(expected)
  })
})

describe('a secret in the file', () => {
  const token = ['xoxb', '1234567890', 'abcdefghij'].join('-')

  test.each([
    ['a bot token', `slack: { botToken: ${token}, historyChannel: C012ABCDEF }`, token],
    ['a value of the environment', 'slack: { historyChannel: C012ABCDEF, port: correct-horse }', 'correct-horse'],
    [
      'a password in an address',
      'slack: { historyChannel: C012ABCDEF, apiUrl: "http://me:s3cr3tword@127.0.0.1/" }',
      's3cr3tword',
    ],
  ])('is found and not printed: %s', (_what, line, secret) => {
    const found = faults(good.replace('slack: { historyChannel: C012ABCDEF }', line), ['correct-horse']).join('\n')
    expect(found).toContain('a secret stands in this file')
    expect(found).toContain('SLACK_BOT_TOKEN')
    expect(found).not.toContain(secret)
  })
})

describe('the words of a command in the configuration', () => {
  const preparation = (command: string): readonly string[] =>
    faults(
      good.replace(
        'unit: bartnet@.service',
        `unit: bartnet@.service\n    preparation: { command: ${command}, timeout: 1m }`,
      ),
    )

  test.each([
    '--password-file=/run/secrets/db',
    '--token-file=/run/t',
    '--auth=none',
    '--author=kim',
    '--bypass-checks=true',
  ])('may be %s', (word) => {
    expect(preparation(`[bin/migrate, ${word}]`)).toEqual([])
  })

  test.each(['--password=hunter22x', 'postgres://u:p4ssw0rd@db', '--password, hunter22x', '--token, a1b2c3d4e5f6'])(
    'may not hold the secret of %s',
    (words) => {
      const found = preparation(`[bin/migrate, ${words}]`).join('\n')
      expect(found).toContain('a secret stands in this file')
      expect(found).not.toMatch(/hunter22x|p4ssw0rd|a1b2c3/)
    },
  )
})

describe('a preparation', () => {
  const withPreparation = (text: string): string =>
    faultOf('unit: bartnet@.service', `unit: bartnet@.service\n    preparation: ${text}`)

  test('is a command with a limit, and sees no more than it must', () => {
    expect(withPreparation('{ command: [bin/migrate, up], timeout: 1h, env: [DATABASE_URL] }')).toBe('')
    expect(withPreparation('{ command: [] }')).toContain('services.bartnet.preparation.command')
    expect(withPreparation('{ command: migrate up }')).toContain('services.bartnet.preparation.command')
    expect(withPreparation('{ command: [migrate], timeout: 2h }')).toContain(
      '2h is out of range: write between 1s and 1h',
    )
    expect(withPreparation('{ command: [migrate], env: [SLACK_BOT_TOKEN] }')).toContain('Opsee’s own')
    expect(withPreparation('{ command: [migrate], env: [OPSEE_ETCD_PASSWORD] }')).toContain('Opsee’s own')
    expect(withPreparation('{ command: [migrate], env: [A=b] }')).toContain('write the name of a variable')
  })
})
