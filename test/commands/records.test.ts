import { describe, expect, it } from 'vitest'
import type { RolloutEvent } from '../../src/domain/event.ts'
import type { HistoryRow } from '../../src/domain/history.ts'
import type { Plan } from '../../src/domain/plan.ts'
import type { Phase } from '../../src/domain/rollout.ts'
import { digestOf, releaseOf, releasesWith } from '../support/releases.ts'
import { ann, noon, planOf, rolloutOf, textOf, world } from './fakes.ts'
import { listed } from '../support/listed.ts'

const row = (id: number, over: Partial<HistoryRow> = {}): HistoryRow => ({
  id,
  kind: 'deploy',
  service: 'api',
  tier: 'production',
  phase: 'succeeded',
  by: ann,
  reason: null,
  summary: 'all 3 instances are new',
  release: null,
  instances: 3,
  replaced: 3,
  createdAt: noon - 3_621_000,
  begunAt: null,
  endedAt: noon - 3_600_000,
  ...over,
})

describe('history', () => {
  it('shows rows as they come, and how to see older ones', async () => {
    const asked: unknown[] = []
    const failed = row(11, { phase: 'failed', replaced: 1, reason: 'new <billing>', summary: 'api@2 crashed' })
    const { say } = await world({
      read: (read) => ({
        rollouts: {
          ...read.rollouts,
          history: async (query) => {
            asked.push(query)
            return { rows: [row(12), failed], older: '000011', unreadable: [] }
          },
        },
      }),
    })
    expect(textOf(await say('history api prod -n 2')).split('\n')).toEqual([
      '`12`  deploy of api in production *succeeded* 1h ago, after 21s, 3 of 3 replaced, by @ann',
      '`11`  deploy of api in production *failed* 1h ago, after 21s, 1 of 3 replaced, by @ann, because: new &lt;billing&gt;. api@2 crashed',
      'Older ones: `history api production -n 2 --before 000011`',
    ])
    await say('history --before 000011')
    expect(asked).toEqual([
      { service: 'api', tier: 'production', limit: 2, before: null },
      { service: null, tier: null, limit: 10, before: '000011' },
    ])
  })

  it('names the release of each', async () => {
    const rows = [row(12, { release: releaseOf('2') }), row(11, { release: { ...releaseOf('1'), tag: null } })]
    const { say } = await world({
      read: (read) => ({
        rollouts: { ...read.rollouts, history: async () => ({ rows, older: null, unreadable: [] }) },
      }),
    })
    expect(textOf(await say('history api prod')).split('\n')).toEqual([
      '`12`  deploy of api in production *succeeded* 1h ago, after 21s, 3 of 3 replaced, release v2 (sha256:222222222222), by @ann',
      '`11`  deploy of api in production *succeeded* 1h ago, after 21s, 3 of 3 replaced, release sha256:111111111111, by @ann',
    ])
  })

  it('says when there is nothing, or nothing older', async () => {
    const { say } = await world()
    expect(textOf(await say('history vape'))).toBe('Nothing has ended yet on vape.')
    expect(textOf(await say('history --before 1'))).toBe('There is nothing older.')
    expect((await say('history -n 51')).outcome).toBe('mistyped')
  })
})

const start = noon - 60_000
const events = (facts: readonly RolloutEvent['fact'][]): readonly RolloutEvent[] =>
  facts.map((fact, index) => ({ rollout: 11, seq: index + 1, at: start + index * 40_000, fact }))

describe('show', () => {
  it('is the whole timeline, with times from the start', async () => {
    const facts: readonly RolloutEvent['fact'][] = [
      { kind: 'accepted', by: ann, retryOf: null },
      { kind: 'batch-began', batch: 0, units: ['api@1.service'], canary: true },
      { kind: 'stage', unit: 'api@1.service', stage: 'stopping', attempt: 2, reason: 'it <failed> before' },
      { kind: 'stage', unit: 'api@1.service', stage: 'stopping', attempt: 0, reason: 'told to stop' },
      { kind: 'stage', unit: 'api@1.service', stage: 'starting', attempt: 1, reason: 'seen stopped, told to start' },
      { kind: 'stage', unit: 'api@1.service', stage: 'starting', attempt: 1, reason: 'does not run any more (dead)' },
      {
        kind: 'stage',
        unit: 'api@1.service',
        stage: 'attaching',
        attempt: 1,
        reason: 'healthy; its sidekicks were told to start (elb@1)',
      },
      { kind: 'healthy', unit: 'api@1.service', machine: 'm1', ip: '10.0.0.1', tookMs: 6100, reason: 'HTTP 200' },
      { kind: 'instance-failed', unit: 'api@2.service', reason: 'crashed' },
      { kind: 'abort-asked', by: ann, reason: null },
      { kind: 'held', reason: 'fleet is away' },
      { kind: 'ended', phase: 'failed', reason: 'api@2 crashed', journal: ['panic: <nil>'], noJournal: null },
    ]
    const { say } = await world({
      rollouts: [rolloutOf(11, 'failed', ['done', 'failed', 'kept'], { reason: 'new billing' })],
      read: (read) => ({ rollouts: { ...read.rollouts, events: async () => listed(...events(facts)) } }),
    })
    const reply = await say('show 11')
    expect(reply).toMatchObject({ outcome: 'done', rollouts: [11] })
    expect(textOf(reply).split('\n')).toEqual([
      'Rollout 11 (deploy of api in production) failed 30s ago, after 30s; it was begun by @ann. Reason: new billing.',
      'Typed: `deploy api production`. Plan `abcdef012345`, batches of 1+1+1.',
      'At its end, 2026-01-05 11:59:30 UTC: 1 of 3 instances replaced, api@2 failed, 1 untouched.',
      '`+0.0s `  accepted, asked for by @ann',
      '`+40.0s`  canary began: api@1',
      '`+1m20s`  api@1 was told to stop, attempt 2: it &lt;failed&gt; before',
      '`+2m00s`  api@1 was told to stop',
      '`+2m40s`  api@1 was told to start: seen stopped',
      '`+3m20s`  api@1 must come up again: does not run any more (dead)',
      '`+4m00s`  api@1 is healthy; its sidekicks were told to start (elb@1)',
      '`+4m40s`  api@1 is healthy on 10.0.0.1 after 6.1s: HTTP 200',
      '`+5m20s`  *api@2 failed*: crashed',
      '`+6m00s`  @ann asked to abort',
      '`+6m40s`  it cannot go on: fleet is away',
      '`+7m20s`  *failed*: api@2 crashed',
      '`panic: &lt;nil&gt;`',
    ])
  })

  it('says from which release to which it went, with a link to compare them', async () => {
    const release: NonNullable<Plan['release']> = {
      at: { by: 'tag', image: 'quay.io/opsee/api', tag: 'production' },
      from: digestOf('1'),
      to: releaseOf('2'),
      proof: { by: 'none' },
    }
    const shown = async (change: Partial<typeof release>, phase: Phase = 'succeeded') => {
      const rollback = { to: releaseOf('1'), id: 7, afterMs: 5000 }
      const plan = planOf({ release: { ...release, ...change }, rollback })
      const { say } = await world({
        rollouts: [rolloutOf(11, phase, ['done', 'done', 'done'], { plan })],
        read: () => ({ releases: releasesWith({}, ['1', '2'].map(releaseOf)) }),
      })
      return textOf(await say('show 11'))
        .split('\n')
        .filter((line) => /^Release|^It was rolled/.test(line))
    }
    const v1 = `revision 1111111111, sha256:111111111111`
    const v2 = 'v2 (revision 2222222222, sha256:222222222222)'
    const link = `<https://github.com/opsee/api/compare/${'1'.repeat(40)}...${'2'.repeat(40)}|compare them>`
    expect(await shown({})).toEqual([`Release: from ${v1} to ${v2}: ${link}`])
    expect(await shown({}, 'rolled-back')).toEqual([
      `Release: from ${v1} to ${v2}: ${link}`,
      `It was rolled back to v1 (${v1}).`,
    ])
    expect(await shown({ from: null })).toEqual([`Release: from nothing to ${v2}`])
    expect(await shown({ from: digestOf('2') })).toEqual([`Release: ${v2}, which was wanted before.`])
  })

  it('says how to see the rest of a long one, and every event is in one of the parts', async () => {
    const many = events(
      Array.from(
        { length: 300 },
        (_, index) => ({ kind: 'held', reason: `reason number ${index} of many, in so many words` }) as const,
      ),
    )
    const { say } = await world({
      rollouts: [rolloutOf(11, 'failed', ['done', 'failed', 'kept'])],
      read: (read) => ({ rollouts: { ...read.rollouts, events: async () => listed(...many) } }),
    })
    const seen = new Set<string>()
    let command = 'show 11'
    for (let page = 0; page < 10; page += 1) {
      const reply = await say(command)
      const text = textOf(reply)
      expect(text.length).toBeLessThan(10_000)
      const sizes = reply.message.sections.map((section) => (section.kind === 'text' ? section.text.length : 0))
      expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(3000)
      for (const [, number] of text.matchAll(/reason number (\d+) /g)) seen.add(String(number))
      const next = /`(show 11 --after \d+)`/.exec(text)?.[1]
      if (next === undefined) break
      command = next
    }
    expect(seen.size).toBe(300)
  })
})
