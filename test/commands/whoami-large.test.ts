import { expect, it } from 'vitest'
import { createRightsReader } from '../../src/authorization/rights-reader.ts'
import { configSchema } from '../../src/config/schema.ts'
import { createCatalog } from '../../src/domain/catalog.ts'
import { groupsOf, judging, policyOf, shippedText } from '../authorization/support.ts'
import { textOf, world } from './fakes.ts'

const names = Array.from({ length: 100 }, (_, index) => `service-${index}`)
const teams = Array.from({ length: 10 }, (_, index) => `team-${index}`)
const shop = configSchema.pick({ groups: true, services: true, tiers: true }).parse({
  groups: Object.fromEntries(
    [...teams, 'deployers', 'admins'].map((name, index) => [name, { users: [`U0${index}MEMBER`] }]),
  ),
  tiers: Object.fromEntries(
    ['staging', 'qa', 'production'].map((tier) => [tier, { fleet: { endpoints: ['http://127.0.0.1:1'] } }]),
  ),
  services: Object.fromEntries(
    names.map((name, index) => [name, { team: teams[index % 10], unit: `${name}@.service` }]),
  ),
})

/**
 * The most work done between two turns of the others, in milliseconds of processor time (a busy machine takes longer on
 * the clock, and that is not what is tested), and how many turns there were.
 */
function watchLoop() {
  let longest = 0
  let turns = 0
  let running = true
  let last = process.cpuUsage()
  const measure = (): void => {
    const { user, system } = process.cpuUsage(last)
    longest = Math.max(longest, (user + system) / 1000)
    last = process.cpuUsage()
  }
  const turn = (): void => {
    measure()
    turns += 1
    if (running) setImmediate(turn)
  }
  setImmediate(turn)
  return {
    end: () => {
      running = false
      measure()
      return { longest, turns }
    },
  }
}

it.each([
  ['somebody in no group', 'U0NOBODY', 'pause (your own), abort (your own) and unlock (your own) on every service'],
  ['a member of deployers', 'U010MEMBER', 'deploy, restart'],
])(
  'whoami of %s leaves the others their turn, with 100 services in 3 tiers',
  async (_, id, words) => {
    const rights = createRightsReader(judging({ policy: policyOf(shippedText, shop), groups: groupsOf(shop) }))
    const { say } = await world({ read: () => ({ rights }), parts: { catalog: createCatalog(shop) } })
    const loop = watchLoop()
    const reply = await say('whoami', { actor: { id, name: null } })
    const { longest, turns } = loop.end()
    expect(textOf(reply)).toContain(words)
    // When each right was asked of the door with its reasons: no turn for 7 s and 22 s on the same (busy) machine.
    expect(turns).toBeGreaterThan(300)
    expect(longest).toBeLessThan(250)
  },
  180_000,
)
