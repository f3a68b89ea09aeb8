import { expect, test } from 'vitest'
import { faultsText } from '../../src/config/fault.ts'
import { parseConfig } from '../../src/config/parse.ts'

const faults = (staging: string, production: string): readonly string[] => {
  const fleet = 'fleet: { endpoints: [http://127.0.0.1:1] }'
  const parsed = parseConfig(`slack: { historyChannel: C012ABCDEF }
etcd: { endpoints: [http://127.0.0.1:2379] }
groups: { backend: { users: [U012AAAAAA] } }
tiers:
  staging: { ${fleet}${staging} }
  production: { ${fleet}${production} }
services: { api: { team: backend, unit: api@.service } }
`)
  return parsed.kind === 'config' ? [] : faultsText('f', parsed.faults).split('\n')
}

test('a tier may say from which other one its releases come', () => {
  expect(faults('', ', promotedFrom: staging, steadyBefore: 30m')).toEqual([])
})

test.each([
  ['an unknown tier', '', ', promotedFrom: stagin', 'there is no tier stagin; did you mean staging?'],
  ['itself', '', ', promotedFrom: production', 'leads back to production itself'],
  ['a circle', ', promotedFrom: production', ', promotedFrom: staging', 'leads back to staging itself'],
  ['a time alone', '', ', steadyBefore: 30m', 'says nothing without promotedFrom'],
])('and %s is a fault', (_, staging, production, fault) => {
  expect(faults(staging, production).join('\n')).toContain(fault)
})
