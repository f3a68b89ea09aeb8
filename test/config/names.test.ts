import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config/parse.ts'

const head = `
slack: { historyChannel: C012ABCDEF }
etcd: { endpoints: ['http://127.0.0.1:2379'] }
groups: { team: { users: [U012ABCDEF] } }
tiers: { staging: { fleet: { endpoints: ['http://127.0.0.1:49153'] } } }
`
const read = (services: string) =>
  parseConfig(`${head}services:\n  api: { team: team, unit: api@.service }\n${services}`)

function messages(services: string): readonly string[] {
  const parsed = read(services)
  return parsed.kind === 'faults' ? parsed.faults.map(({ path, message }) => `${path}: ${message}`) : []
}

describe('names that JavaScript gives to every object', () => {
  test.each(['__proto__', 'constructor'])('are refused for a service, which would vanish silently: %s', (name) => {
    const [first] = messages(`  ${name}: { team: team, unit: b@.service }`)
    expect(first).toContain(`services.${name}`)
    expect(first).toContain('choose another name')
  })

  test('are refused quoted, and deeper in the file, too', () => {
    expect(messages('  "__proto__": { team: team, unit: b@.service }')[0]).toContain('services.__proto__')
    expect(messages('  b: { team: team, unit: b@.service, rollout: { __proto__: { batch: 2 } } }')[0]).toContain(
      'services.b.rollout.__proto__',
    )
  })

  test.each(['groups', 'tiers'])('are refused under %s', (block) => {
    const parsed = parseConfig(head.replace(`${block}: {`, `${block}: { constructor: {},`) + 'services: {}')
    expect(parsed.kind === 'faults' ? parsed.faults.map(({ path }) => path) : []).toContain(`${block}.constructor`)
  })

  test('are told from names that only look like them', () => {
    expect(read('  proto: { team: team, unit: b@.service }').kind).toBe('config')
    expect(read('  constructors: { team: team, unit: b@.service }').kind).toBe('config')
  })
})

describe('units that fleetctl would read as a flag', () => {
  test.each(['--replace.service', '-a@.service', '--help@.service', '--.service'])('are refused: %s', (unit) => {
    expect(messages(`  b: { team: team, unit: "${unit}" }`)).toEqual([
      'services.b.unit: begins with a dash, and fleetctl would read it as a flag: rename the unit',
    ])
    expect(messages(`  b: { team: team, unit: b@.service, sidekicks: ["${unit}"] }`).join()).toContain(
      'services.b.sidekicks.0: begins with a dash',
    )
  })

  test('are told from units with a dash inside', () => {
    expect(read('  b: { team: team, unit: b-worker@.service }').kind).toBe('config')
  })
})

describe('teams of other organisations', () => {
  const withTeams = (teams: string) =>
    parseConfig(
      `${head.replace('historyChannel: C012ABCDEF', `historyChannel: C012ABCDEF, teams: ${teams}`)}services: { api: { team: team, unit: api@.service } }`,
    )

  test('are named by their id, with what they may do', () => {
    const parsed = withTeams('{ T012PARTNER: read, E012AGENCY: all }')
    expect(parsed.kind === 'config' ? parsed.config.slack.teams : parsed.faults).toEqual({
      T012PARTNER: 'read',
      E012AGENCY: 'all',
    })
  })

  test.each(['{ partner: read }', '{ T012PARTNER: write }', '[T012PARTNER]'])('are refused as %s', (teams) => {
    expect(withTeams(teams).kind).toBe('faults')
  })
})
