import { announced } from '../support/announced.ts'
import { describe, expect, it } from 'vitest'
import type { Readers } from '../../src/services/capabilities.ts'
import { known, textOf, unit, world } from './fakes.ts'

const keys = (over: Partial<Readers['keys']>) => ({
  read: (read: Readers): Partial<Readers> => ({ keys: { ...read.keys, ...over } }),
})

describe('get', () => {
  it('shows a value as it is, line by line, and says that it is masked', async () => {
    const { say } = await world(
      keys({ get: async (key) => ({ kind: 'value', key, value: 'a: 1\n\n  b: <`x`>', masked: true }) }),
    )
    expect(textOf(await say('get /opsee.co/x')).split('\n')).toEqual([
      '`/opsee.co/x` (secrets masked)',
      '`a: 1`',
      ' ',
      "`  b: &lt;'x'&gt;`",
    ])
  })

  it('says where to look when there is none, and passes on what is not allowed', async () => {
    const none = await world()
    expect(textOf(await none.say('get /opsee.co/services/api/x'))).toContain('`ls /opsee.co/services/ --keys`')
    const closed = await world(keys({ get: async () => ({ kind: 'not-allowed', message: '/a is outside of /b/' }) }))
    expect(await closed.say('get /a')).toMatchObject({ outcome: 'refused', message: { text: '/a is outside of /b/' } })
    expect((await closed.say('get a')).outcome).toBe('mistyped')
  })

  it('cuts what no message can hold, and says so', async () => {
    const value = Array.from({ length: 2000 }, (_, index) => `line ${index} ${'x'.repeat(40)}`).join('\n')
    const { say } = await world(keys({ get: async (key) => ({ kind: 'value', key, value, masked: false }) }))
    const text = textOf(await say('get /opsee.co/x'))
    expect(text.length).toBeLessThan(9500)
    expect(text).toMatch(/… and \d+ more lines: the whole value is in etcd itself$/)
  })
})

describe('ls', () => {
  it('lists keys with values, and how to see more', async () => {
    const asked: unknown[] = []
    const { say } = await world(
      keys({
        list: async (prefix, options) => {
          asked.push([prefix, options])
          const entries = [
            { key: '/a/1', value: 'x'.repeat(500), masked: false },
            { key: '/a/2', value: '****', masked: true },
            { key: '/a/3', value: '', masked: false },
          ]
          return { kind: 'list', entries, more: true }
        },
      }),
    )
    expect(textOf(await say('ls /a/')).split('\n')).toEqual([
      `\`/a/1\`  \`${'x'.repeat(120)}…\``,
      '`/a/2`  `****` (masked)',
      '`/a/3`  (empty)',
      'There are more: `ls /a/ -n 100`',
    ])
    expect(textOf(await say('ls /a/ --keys -n 200')).split('\n')).toEqual([
      '`/a/1`',
      '`/a/2`',
      '`/a/3`',
      'There are more: name a longer prefix',
    ])
    expect(asked).toEqual([
      ['/a/', { keysOnly: false, limit: 20 }],
      ['/a/', { keysOnly: true, limit: 200 }],
    ])
  })

  it('says when there is nothing, or it is not allowed', async () => {
    const { say } = await world()
    expect(textOf(await say('ls /a/'))).toBe('There is nothing below `/a/`.')
    const closed = await world(keys({ list: async () => ({ kind: 'not-allowed', message: 'no' }) }))
    expect((await closed.say('ls /a/')).outcome).toBe('refused')
  })
})

describe('services', () => {
  const shop = {
    read: (read: Readers): Partial<Readers> => ({
      clusters: {
        of: (tier) => ({
          ...read.clusters.of(tier),
          observe: async () =>
            tier === 'staging' ? known() : known(unit('api@1.service', '10.0.0.1'), unit('api@2.service', '10.0.0.2')),
        }),
      },
      discovery: {
        announced: async () =>
          announced(
            ['api/h1:api:8080', '10.0.0.1:8080'],
            ['api/h7:api:8080', '10.0.0.7:8080'],
            ['nsqd/h1:nsqd:4150', '10.0.0.1:4150'],
          ),
      },
    }),
  }

  it('sets what is announced beside what runs, and tells the differences', async () => {
    const { say } = await world(shop)
    expect(textOf(await say('services')).split('\n')).toEqual([
      '`api   `  announced at 2 addresses; fleet: staging fleet has no unit of it, production 2 of 2 running',
      '`vape  `  announced at 0 addresses; fleet: staging fleet has no unit of it, production fleet has no unit of it',
      '`beavis`  announced at 0 addresses; fleet: production fleet has no unit of it',
      '`api`: 10.0.0.7:8080 is announced, but fleet runs nothing of it there.',
      '`api`: api@2 runs in production, but is not announced.',
      'Announced too, and not in the configuration: `nsqd`.',
    ])
  })

  it('shows the addresses of one', async () => {
    const { say } = await world(shop)
    expect(textOf(await say('services bartnet')).split('\n')).toEqual([
      '*api*: announced at 2 addresses; fleet: staging fleet has no unit of it, production 2 of 2 running',
      '`10.0.0.1:8080`  api@1 in production',
      '`10.0.0.7:8080`  h7:api:8080',
      '`api`: 10.0.0.7:8080 is announced, but fleet runs nothing of it there.',
      '`api`: api@2 runs in production, but is not announced.',
    ])
  })

  it('does not take what an absent fleet runs for missing', async () => {
    const { say } = await world({
      read: (read) => ({
        ...shop.read(read),
        clusters: {
          of: (tier) => ({
            ...read.clusters.of(tier),
            observe: async () => ({ kind: 'unknown', startedAt: 0, endedAt: 1, reason: 'no answer' }),
          }),
        },
      }),
    })
    const text = textOf(await say('services api'))
    expect(text).toContain('The fleet of staging does not answer: no answer.')
    expect(text).not.toContain('runs nothing of it')
  })
})
