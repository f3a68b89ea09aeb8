import { describe, expect, it } from 'vitest'
import { digestOf, releaseOf, releasesWith } from '../support/releases.ts'
import { known, noon, textOf, unit, world } from './fakes.ts'

const [v1, v2] = ['1', '2'].map((digit) => ({
  ...releaseOf(digit),
  builtAt: noon - Number(digit === '1') * 3_600_000 - 60_000,
}))
if (v1 === undefined || v2 === undefined) throw new Error('never')

/** api: staging wants and runs v2; production wants v2, and api@2 still runs v1, its last good one. */
const shop = (change: Parameters<typeof releasesWith>[2] = {}) =>
  world({
    read: (readers) => ({
      releases: releasesWith(
        { 'api staging': v2.digest, 'api production': v2.digest, 'vape staging': v1.digest },
        [v2, v1],
        change,
      ),
      rollouts: {
        ...readers.rollouts,
        lastGood: async ({ service, tier }) =>
          service === 'api' ? { id: 7, at: noon - 60_000, by: '@ann', release: tier === 'staging' ? v2 : v1 } : null,
      },
      clusters: {
        of: (tier) => ({
          observe: async () =>
            tier === 'staging'
              ? known(unit('api@1.service', '10.1.0.1'))
              : known(
                  unit('api@1.service', '10.0.0.1'),
                  unit('api@2.service', '10.0.0.2'),
                  unit('api@3.service', '10.0.0.3'),
                ),
          journal: async () => ({ kind: 'none', reason: 'no ssh' }),
        }),
      },
      health: {
        check: async (_, ip) => ({ kind: 'healthy', identity: null, says: ip === '10.0.0.2' ? v1.digest : v2.digest }),
      },
    }),
  })

const text1 = 'v1 (revision 1111111111, sha256:111111111111)'
const text2 = 'v2 (revision 2222222222, sha256:222222222222)'

describe('releases', () => {
  it('says for each service what is wanted, what runs and what was last good', async () => {
    const { say } = await shop()
    const production = textOf(await say('releases production')).split('\n')
    expect(production[0]).toBe(
      `\`api   \`  revision 2222222222, sha256:222222222222; *parted*: revision 2222222222, sha256:222222222222 on api@1 and api@3; ${text1} on api@2; last good: ${text1}, rollout 7, 1m ago`,
    )
    const staging = textOf(await say('releases staging')).split('\n')
    expect(staging[0]).toBe(`\`api \`  ${text2}; all 1 run it; last good: the same, rollout 7, 1m ago`)
    expect(staging[1]).toContain('nothing runs; no release was seen to be well')
  })

  it('calls parted what differs among itself while nobody can say what is wanted, and nothing else', async () => {
    const { say } = await shop({ wanted: async () => ({ kind: 'unknown', reason: 'quay.io does not answer' }) })
    expect(textOf(await say('releases production'))).toContain(`unknown: quay.io does not answer; *parted*: `)
    const staging = textOf(await say('releases staging')).split('\n')[0]
    expect(staging).toContain(`unknown: quay.io does not answer; ${text2} on all 1; last good`)
  })

  it('says why nothing is known', async () => {
    const { say } = await world()
    expect(textOf(await say('releases staging'))).toContain('there is no registry in the configuration')
  })

  it('does not call together what nobody can tell', async () => {
    const { say } = await shop({ proof: () => ({ by: 'none' }) })
    expect(textOf(await say('releases staging'))).toContain('what runs is unverified')
  })

  it('knows an instance by what it wrote to its key, and by the label that it tells', async () => {
    const { say } = await shop({
      proof: () => ({ by: 'key', key: '/running/{unit}' }),
      announced: async () => ({ kind: 'known', value: `quay.io/opsee/api@${v2.digest}` }),
    })
    expect(textOf(await say('releases staging'))).toContain('all 1 run it')
    const labelled = await world({
      read: () => ({
        releases: releasesWith({ 'api staging': v2.digest }, [v2], {
          proof: () => ({ by: 'label', label: 'revision', field: 'revision' }),
        }),
        clusters: {
          of: () => ({
            observe: async () => known(unit('api@1.service', '10.1.0.1'), unit('api@2.service', '10.1.0.2')),
            journal: async () => ({ kind: 'none', reason: 'no ssh' }),
          }),
        },
        health: {
          check: async (_, ip) => ({
            kind: 'healthy',
            identity: null,
            says: ip === '10.1.0.1' ? v2.revision : '<old>',
          }),
        },
      }),
    })
    expect(textOf(await labelled.say('releases staging'))).toContain(
      `*parted*: ${text2} on api@1; "&lt;old&gt;" on api@2`.replace(
        'v2 (revision 2222222222, sha256:222222222222)',
        'revision 2222222222, sha256:222222222222',
      ),
    )
  })
})

describe('diff', () => {
  it('shows one tier, with a link from the last good one to the wanted one', async () => {
    const { say } = await shop()
    const text = textOf(await say('diff api production'))
    expect(text).toContain('*api production*  wanted: revision 2222222222')
    expect(text).toContain(
      `From the last good one to the wanted one: <https://github.com/opsee/api/compare/${v1.revision}...${v2.revision}|compare them>`,
    )
  })

  it('shows how two tiers differ', async () => {
    const { say } = await shop({
      wanted: async ({ tier }) => ({ kind: 'known', digest: tier === 'staging' ? v2.digest : v1.digest }),
    })
    expect(textOf(await say('diff api staging production'))).toContain(
      `From production to staging: <https://github.com/opsee/api/compare/${v1.revision}...${v2.revision}|compare them>`,
    )
    expect(textOf(await (await shop()).say('diff api staging production'))).toContain('want the same release')
  })

  it('says when there is no such link, and when the registry is away', async () => {
    const { say } = await shop({ describe: async (_, digest) => ({ ...releaseOf('2'), digest, source: 'git@x:y' }) })
    expect(textOf(await say('diff api production'))).toContain('no link to compare them')
    const away = await shop({ wanted: async () => ({ kind: 'unknown', reason: 'quay.io <does> not answer' }) })
    expect(textOf(await away.say('diff api production'))).toContain('wanted: unknown: quay.io &lt;does&gt; not answer')
  })
})

describe('builds', () => {
  it('lists digest, tags, commit, age, and where each is wanted and runs', async () => {
    const { say } = await shop()
    expect(textOf(await say('builds api')).split('\n')).toEqual([
      '`sha256:222222222222`  `v2`; commit 2222222222; built 1m ago; *wanted in staging and production*; runs in staging and production',
      '`sha256:111111111111`  `v1`; commit 1111111111; built 1h1m ago; runs in production',
    ])
  })

  it('lists what hooks told of too, also where the registry says nothing', async () => {
    const { say } = await shop({
      builds: async () => ({
        kind: 'builds',
        left: 0,
        without: 'quay.io <does> not answer',
        unreadable: [],
        builds: [
          {
            digest: digestOf('2'),
            tags: ['v2'],
            revision: null,
            builtAt: null,
            toldAt: noon - 60_000,
            untagged: false,
          },
          { digest: null, tags: ['v0'], revision: null, builtAt: null, toldAt: noon - 120_000, untagged: false },
          { digest: digestOf('9'), tags: [], revision: null, builtAt: 0, toldAt: 0, untagged: true },
        ],
      }),
    })
    expect(textOf(await say('builds api')).split('\n')).toEqual([
      '`sha256:222222222222`  `v2`; a hook told of it 1m ago; *wanted in staging and production*; runs in staging and production',
      '`no digest          `  `v0`; a hook told of it 2m ago',
      expect.stringContaining('`sha256:999999999999`  the registry was not seen to have it under a tag; built '),
      'They are what hooks told of; nothing is from a registry: quay.io &lt;does&gt; not answer.',
    ])
  })

  it('says when there is no registry, and when it does not answer', async () => {
    const none = await (await world()).say('builds api')
    expect([none.outcome, textOf(none)]).toEqual(['refused', 'there is no registry in the configuration.'])
    const away = await shop({ builds: async () => ({ kind: 'unavailable', message: 'quay.io does not answer' }) })
    expect(await away.say('builds api')).toMatchObject({ outcome: 'failed' })
  })
})
