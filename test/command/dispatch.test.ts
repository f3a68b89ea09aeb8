import { describe, expect, it } from 'vitest'
import type { Lock } from '../../src/domain/lock.ts'
import { StoreUnavailable } from '../../src/ports/store.ts'
import { UnreadableRecord } from '../../src/store/record.ts'
import { done } from '../../src/command/text.ts'
import { ann, grantAll, noon, sleep, textOf, world } from '../commands/fakes.ts'
import { listed } from '../support/listed.ts'
import type { Listed } from '../../src/domain/unreadable.ts'
import { startStopwatch } from '../support/stopwatch.ts'

const deploy = 'deploy api production'
const hang = () => new Promise<never>(() => undefined)
const gone = async (): Promise<never> => {
  throw new StoreUnavailable('no endpoint of etcd answered within 2 s')
}

describe('who may not even look', () => {
  const denial = { message: 'You may not use Opsee.', policies: [], whoCould: [] }

  it('is refused by every command that only looks', async () => {
    const { say } = await world({ parts: { readingRefusal: async () => denial } })
    expect(await say('status')).toMatchObject({ outcome: 'refused', message: { text: 'You may not use Opsee.' } })
  })
})

describe('what was typed', () => {
  it('gets short help when it is nothing', async () => {
    const { say } = await world()
    const reply = await say('  ')
    expect(reply).toMatchObject({ outcome: 'done', visibility: 'sender' })
    expect(textOf(reply)).toContain('`deploy`  Replaces every instance')
  })

  it.each([
    [
      'deplyo api production',
      'Did you mean `deploy`?\nUsage: `deploy &lt;service[,service…]&gt; &lt;tier&gt; [tag|commit|digest]',
    ],
    ['frobnicate', 'There is no command `frobnicate`. The commands are `abort`, `audit`'],
    ['deploy api', 'Say which tier: `staging` or `production`.\nUsage: `deploy'],
    ['deploy api prod --bacth 2', 'Did you mean `--batch`?\nUsage: `deploy'],
    ['deploy api prod --reason "x', 'A quote opens here and is never closed: `"x`'],
    ['deploy beavis staging', '`beavis` is not deployed to staging, only to production.'],
  ])('%j is answered to the sender alone, with what to type', async (text, answer) => {
    const { say, did } = await world()
    const reply = await say(text)
    expect(reply).toMatchObject({ outcome: 'mistyped', visibility: 'sender' })
    expect(textOf(reply)).toContain(answer)
    expect(did.authorized).toEqual([])
  })

  it('may be addressed to the bot, and in any case', async () => {
    const { say, did } = await world()
    expect((await say('<@U0BOT> Deploy api Production')).outcome).toBe('done')
    expect(did.started).toHaveLength(1)
  })
})

describe('the door', () => {
  it('is asked before anything is planned, for what the arguments stand for, and keeps the reply', async () => {
    const { say, did } = await world()
    const reply = await say('deploy api,vape prod')
    expect(did.authorized).toEqual([
      { right: 'deploy', scope: { kind: 'target', target: { service: 'api', tier: 'production' } }, owner: null },
      { right: 'deploy', scope: { kind: 'target', target: { service: 'vape', tier: 'production' } }, owner: null },
    ])
    expect(did.settled).toEqual([reply])
  })

  it('denies: nothing is planned or started, and the answer is the denial', async () => {
    const denial = {
      message: 'You may not deploy api to production: that takes a member of deployers.',
      policies: [],
      whoCould: [],
    }
    const { say, did } = await world({ door: { authorize: async () => ({ kind: 'denied', denial }) } })
    const reply = await say(deploy)
    expect(reply).toMatchObject({ outcome: 'refused', visibility: 'sender', message: { text: denial.message } })
    expect(did.planned).toEqual([])
    expect(did.started).toEqual([])
    expect(did.settled).toEqual([reply])
  })

  it('gives a repeated request the first answer', async () => {
    const first = done('Rollout 12 has begun.', { rollouts: [12] })
    const { say, did } = await world({ door: { authorize: async () => ({ kind: 'repeated', reply: first }) } })
    expect(await say(deploy)).toEqual(first)
    expect(did.started).toEqual([])
  })

  it('tells a repeated request without an answer where to look', async () => {
    const { say, did } = await world({ door: { authorize: async () => ({ kind: 'repeated', reply: null }) } })
    expect(textOf(await say(deploy))).toContain('`status` shows what it did')
    expect(did.started).toEqual([])
  })

  it('is not asked for a dry run, which only reads', async () => {
    const { say, did } = await world({
      door: {
        authorize: async () => {
          throw new Error('asked')
        },
      },
    })
    expect(await say(`${deploy} --dry-run`)).toMatchObject({ outcome: 'done' })
    expect(did.started).toEqual([])
    expect(did.planned).toHaveLength(1)
  })

  it('may be unable to record: then nothing is done', async () => {
    const { say, did } = await world({
      door: { authorize: async () => ({ kind: 'unavailable', message: 'Nothing was done: etcd is away.' }) },
    })
    expect(await say(deploy)).toMatchObject({ outcome: 'failed', message: { text: 'Nothing was done: etcd is away.' } })
    expect(did.started).toEqual([])
  })
})

describe('when the store is away', () => {
  it('says so, with what to do, when a read is rejected', async () => {
    const { say } = await world({ read: (read) => ({ locks: { ...read.locks, all: gone } }) })
    const reply = await say('locks')
    expect(reply.outcome).toBe('failed')
    expect(textOf(reply)).toBe(
      'The store (etcd) does not answer, so nothing was changed. Try again in a moment.\n\nno endpoint of etcd answered within 2 s',
    )
  })

  it('answers within three seconds though everything hangs, and does nothing afterwards', async () => {
    let answer: (value: Listed<Lock>) => void = () => undefined
    const late = new Promise<Listed<Lock>>((resolve) => {
      answer = resolve
    })
    const { say, did } = await world({
      read: (read) => ({ locks: { ...read.locks, all: () => late } }),
      parts: { storeAnswers: hang },
    })
    const began = performance.now()
    const elapsed = startStopwatch()
    const reply = await say('unlock production')
    expect(elapsed()).toBeLessThan(3000)
    expect(performance.now() - began).toBeGreaterThan(2000)
    expect(textOf(reply)).toContain('The store (etcd) does not answer, so nothing was changed.')
    answer(listed({ service: null, tier: 'production', by: ann, why: 'db', at: noon, until: null, audit: 1 }))
    await sleep(20)
    expect(did.authorized).toEqual([])
  })

  it('does nothing after a late grant either, once the sender heard that nothing was done', async () => {
    let grant = (): void => undefined
    const waiting = new Promise<void>((resolve) => {
      grant = resolve
    })
    const { say, did } = await world({
      door: {
        authorize: async (request) => {
          await waiting
          return grantAll(request)
        },
      },
      parts: { storeAnswers: gone, limits: { storeMs: 50, wholeMs: 5000 } },
    })
    expect((await say(deploy)).outcome).toBe('failed')
    grant()
    await sleep(20)
    expect(did.planned).toEqual([])
    expect(did.settled).toMatchObject([{ outcome: 'failed' }])
  })

  it('waits for a slow fleet as long as the store answers', async () => {
    const { say } = await world({
      read: (read) => ({
        clusters: {
          of: () => ({
            ...read.clusters.of('staging'),
            observe: async () => {
              await sleep(200)
              return { kind: 'unknown', startedAt: 0, endedAt: 1, reason: 'fleet is slow' }
            },
          }),
        },
      }),
      parts: { limits: { storeMs: 50, wholeMs: 5000 } },
    })
    expect((await say('status')).outcome).toBe('done')
  })

  it('still answers what needs no store', async () => {
    const { say } = await world({ parts: { storeAnswers: gone } })
    expect((await say('help deploy')).outcome).toBe('done')
  })

  it('does not claim that nothing was changed when it went away in the middle', async () => {
    const { say, did } = await world({ can: { deploy: { start: gone } } })
    const reply = await say(deploy)
    expect(textOf(reply)).toContain('it is not known whether this was done')
    expect(did.settled).toEqual([reply])
  })
})

describe('what goes wrong inside', () => {
  it('is an answer with a reference that the log has too', async () => {
    const { say, logged } = await world({
      read: (read) => ({
        locks: {
          ...read.locks,
          all: async () => {
            throw new TypeError('secret detail')
          },
        },
      }),
    })
    const reply = await say('locks')
    expect(reply).toMatchObject({ outcome: 'failed', visibility: 'sender' })
    expect(textOf(reply)).toBe('Opsee itself failed here, at `ref-7` in its log. Nothing was changed.')
    expect(logged).toMatchObject([{ level: 'error', fields: { reference: 'ref-7', command: 'locks' } }])
  })

  it('is told apart when an unreadable record is the cause', async () => {
    const { say } = await world({
      read: (read) => ({
        rollouts: {
          ...read.rollouts,
          get: async () => {
            throw new UnreadableRecord('rollouts/12', 'it is no JSON')
          },
        },
      }),
    })
    expect(textOf(await say('show 12'))).toContain('The record rollouts/12 in etcd cannot be read: it is no JSON.')
  })

  it('does not last for ever', async () => {
    const { say } = await world({
      planned: () => {
        throw new Error('not reached')
      },
      read: (read) => ({ locks: { ...read.locks, all: hang } }),
      parts: { limits: { storeMs: 20, wholeMs: 100 } },
    })
    expect(textOf(await say('locks'))).toBe('There was no answer within 0.1 s. Nothing was changed; try again.')
  })

  it('never becomes a rejection, whatever is typed', async () => {
    const { say } = await world()
    for (const text of [
      '\u0000',
      'deploy \u0000 --',
      '"',
      'can',
      'can can can',
      'x'.repeat(10_000),
      '--',
      'show 999999999999999',
    ]) {
      expect((await say(text)).message.text).not.toBe('')
    }
    expect(noon).toBeGreaterThan(0)
  })
})
