import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { shopConfigText } from '../../demo/shop/config.ts'
import { services } from '../../demo/shop/fleet-units.ts'
import { parseConfig } from '../../src/config/parse.ts'

const root = path.resolve(import.meta.dirname, '..', '..')
const facts = {
  slackApiUrl: 'http://127.0.0.1:3000/api/',
  historyChannel: 'C0HISTORY',
  etcd: 'http://127.0.0.1:2379',
  registry: 'http://127.0.0.1:5000',
  fleetctl: '/tmp/a folder: with "marks"/fleetctl',
  policy: '/somewhere/policy.cedar',
  fleets: { staging: ['http://127.1.1.11:49153'], production: ['http://127.2.2.11:49153', 'http://127.2.2.12:49153'] },
  users: { ann: 'U0ANN', bob: 'U0BOB', carol: 'U0CAROL' },
}

describe('The configuration of the demo', () => {
  it('is one that the bot accepts, for exactly the services of the shop', () => {
    const parsed = parseConfig(shopConfigText(root, facts))
    expect(parsed).toMatchObject({
      kind: 'config',
      config: {
        registry: { hosts: { 'quay.io': { url: facts.registry } } },
        fleetctl: { binary: facts.fleetctl },
        tiers: { production: { fleet: { endpoints: facts.fleets.production } } },
        groups: { deployers: { users: ['U0ANN', 'U0CAROL'] } },
      },
    })
    const names = parsed.kind === 'config' ? Object.keys(parsed.config.services) : []
    expect(names.toSorted()).toEqual(services.map(({ name }) => name).toSorted())
  })
})
