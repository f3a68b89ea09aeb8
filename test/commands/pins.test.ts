import { describe, expect, it } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import type { Pin } from '../../src/domain/pin.ts'
import { releaseFor } from '../../src/rollout/plan-release.ts'
import { pinRules } from '../../src/rollout/release-pin.ts'
import { noReleases, releaseOf, releasesWith } from '../support/releases.ts'
import { ann, pinOf, planOf, rolloutOf, textOf, world } from './fakes.ts'
import { listed } from '../support/listed.ts'

const text2 = 'v2 (revision 2222222222, sha256:222222222222)'
const shop = (wants: string | null, pins: readonly Pin[] = []) =>
  world({
    read: () => ({
      releases: releasesWith(
        wants === null ? {} : { 'api production': releaseOf(wants).digest },
        ['2', '3'].map(releaseOf),
      ),
      pins: { all: async () => listed(...pins), on: async () => pins[0] ?? null },
    }),
  })

describe('pin', () => {
  it('holds a target to the release that is named, and says what is wanted there instead', async () => {
    const { say, did } = await shop('3')
    const reply = await say('pin api production v2 "v3 loses <orders>"')
    expect(did.authorized).toEqual([
      { right: 'pin', scope: { kind: 'target', target: { service: 'api', tier: 'production' } }, owner: null },
    ])
    expect(did.pinned).toEqual([[releaseOf('2'), 'v3 loses <orders>']])
    expect(reply).toMatchObject({ outcome: 'done', visibility: 'everyone' })
    expect(textOf(reply)).toBe(
      `📌 @ann pinned api production to ${text2}: v3 loses &lt;orders&gt;. \`unpin api production\` lifts that.\nAnother release is wanted there now: \`deploy api production ${releaseOf('2').digest}\` rolls the pinned one.`,
    )
  })

  it('holds it to what is wanted now where none is named', async () => {
    const { say, did } = await shop('2')
    expect(textOf(await say('pin api production "v3 loses orders"'))).not.toContain('Another release')
    expect(did.pinned).toEqual([[{ ...releaseOf('2'), tag: null }, 'v3 loses orders']])
  })

  it.each([
    ['2', 'is under way there and goes on'],
    ['3', 'is under way there with another release: it rests before its next instance. `abort 12` ends it.'],
  ])('says what becomes of a rollout of v%s that is under way', async (rolls, message) => {
    const at = { by: 'tag', image: 'quay.io/opsee/api', tag: 'production' } as const
    const release = { at, from: null, to: releaseOf(rolls), proof: { by: 'none' } as const }
    const live = rolloutOf(12, 'rolling', ['proving'], { plan: planOf({ release }) })
    const releases = releasesWith({ 'api production': releaseOf('2').digest }, [releaseOf('2')])
    const { say } = await world({
      read: (usual) => ({ releases, rollouts: { ...usual.rollouts, live: async () => live } }),
    })
    expect(textOf(await say('pin api production v2 "v3 loses orders"'))).toContain(message)
  })

  it.each([
    ['pin api production v9 "why not"', 'mistyped no tag', 'has no image v9'],
    [
      'pin api production "why not"',
      'nothing wanted',
      'nothing is wanted in api production now. Name the release to pin.',
    ],
    ['pin api production v2', 'no reason', '`&lt;why…&gt;` is missing'],
    ['pin beavis staging "why not"', 'not there', '`beavis` is not deployed to staging'],
  ])('%s pins nothing: %s', async (typed, _, message) => {
    const { say, did } = await shop(null)
    expect(textOf(await say(typed))).toContain(message)
    expect(did.pinned).toEqual([])
  })

  it('says what is missing where nothing is known of releases', async () => {
    const { say, did } = await world({ read: () => ({ releases: noReleases }) })
    expect(textOf(await say('pin api production v2 "why not"'))).toBe(
      'Nothing was pinned: there is no registry in the configuration.',
    )
    expect(did.pinned).toEqual([])
  })
})

describe('a pinned target', () => {
  it('is shown by status and releases', async () => {
    const { say } = await shop('2', [pinOf()])
    const pinned = `*pinned* to ${text2} by @ann, 4m ago: v3 loses orders`
    for (const command of ['status', 'status api production', 'releases production']) {
      const lines = textOf(await say(command)).split('\n')
      expect(lines.filter((line) => line.includes(pinned))).toHaveLength(1)
    }
  })

  it('is unpinned by who may, and only where there is a pin', async () => {
    const { say, did } = await shop('2', [pinOf()])
    expect(textOf(await say('unpin api production'))).toBe(
      `📌 @ann unpinned api production. It was *pinned* to ${text2} by @ann, 4m ago: v3 loses orders.`,
    )
    expect([did.unpinned, did.authorized]).toMatchObject([1, [{ right: 'unpin' }]])
    const none = await shop('2')
    expect((await none.say('unpin api production')).outcome).toBe('refused')
    expect(none.did.authorized).toEqual([])
  })

  it('refuses another release past any force, and lets its own pass', () => {
    expect(pinRules(null, releaseOf('3'))).toEqual([])
    expect(pinRules(pinOf(), { ...releaseOf('2'), tag: null })).toEqual([])
    expect(pinRules(pinOf(), releaseOf('3'))).toEqual([
      {
        kind: 'pinned',
        force: false,
        message: `api production is pinned to ${text2} by ann (v3 loses orders), and this would roll v3 (revision 3333333333, sha256:333333333333); \`unpin api production\` lifts that`,
      },
    ])
  })

  it.each(['deploy', 'promote', 'rollback'] as const)('stands in the way of a %s to another release', async (kind) => {
    const config = configSchema.pick({ services: true, tiers: true, engine: true }).parse({
      tiers: { production: { fleet: { endpoints: ['http://127.0.0.1:1'] } } },
      services: { api: { unit: 'api@.service', team: 't' } },
    })
    const target = { service: 'api', tier: 'production' }
    const planned = async (release: string) =>
      releaseFor(
        { kind, target, actor: ann, batch: null, canary: null, only: null, release: releaseOf(release) },
        {
          config,
          releases: releasesWith({ 'api production': releaseOf('2').digest }, ['2', '3'].map(releaseOf)),
          rollouts: { lastGood: async () => null, history: async () => ({ rows: [], older: null, unreadable: [] }) },
          pins: { on: async () => pinOf() },
          clock: { now: () => 0 },
        },
      )
    expect((await planned('3')).rules).toMatchObject([{ kind: 'pinned', force: false }])
    expect((await planned('2')).rules).toEqual([])
  })
})
