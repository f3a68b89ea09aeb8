import { describe, expect, it } from 'vitest'
import type { Fact } from '../../src/domain/event.ts'
import type { HealthGate } from '../../src/ports/health.ts'
import { lineOf } from '../../src/narrator/lines.ts'
import { planOf, rolloutOf, scaleOf } from '../support/rollouts.ts'

const by = { id: 'U1', name: 'ann' }

function planLine(gate: HealthGate): string {
  const rollout = rolloutOf({ ...planOf(), gate, settleMs: 1500 })
  const event = { rollout: 1, seq: 1, at: 0, fact: { kind: 'accepted', by, retryOf: null } } as const
  return lineOf(event, rollout) ?? ''
}

describe('the line of the plan', () => {
  it.each<[string, HealthGate, string]>([
    [
      'a port',
      { kind: 'http', port: 8080, path: '/health', timeoutMs: 1, identity: null },
      'answer well at :8080/health',
    ],
    [
      'an announced port',
      { kind: 'http', port: 'announced', path: '/health', timeoutMs: 1, identity: null },
      'answer well at /health on the port that it announces',
    ],
    ['a TCP port', { kind: 'tcp', port: 25, timeoutMs: 1 }, 'accept connections at :25'],
    [
      'an announced TCP port',
      { kind: 'tcp', port: 'announced', timeoutMs: 1 },
      'accept connections at the port that it announces',
    ],
  ])('says in words a person reads where the gate asks: %s', (_, gate, said) => {
    expect(planLine(gate)).toContain(`Each must run and ${said} for 1.5s;`)
  })
})

describe('the lines of a scale', () => {
  const said = (rollout: ReturnType<typeof rolloutOf>, fact: Fact) =>
    lineOf({ rollout: 1, seq: 1, at: 0, fact }, rollout) ?? ''
  const accepted = { kind: 'accepted', by, retryOf: null } as const
  const ended = (reason: string): Fact => ({ kind: 'ended', phase: 'aborted', reason, journal: [], noJournal: null })

  it('say which are added, that they are new, and what an abort takes back', () => {
    const plan = scaleOf('add', {
      units: ['api@3.service', 'api@4.service'],
      others: ['api@1.service', 'api@2.service'],
    })
    const up = rolloutOf(plan)
    expect(said(up, accepted)).toContain('from 2 to 4 instances, 2 instances added, one at a time: api@3 and api@4.')
    const healthy = {
      kind: 'healthy',
      machine: 'm',
      ip: '10.0.0.1',
      tookMs: 3000,
      reason: 'it has run steadily',
    } as const
    expect(said(up, { ...healthy, unit: 'api@3.service' })).toContain('api@3 is up on 10.0.0.1 after 3s')
    expect(said(up, { kind: 'abort-asked', by, reason: null })).toContain('what is half started is taken back')
    const [first, second] = up.instances
    if (first === undefined || second === undefined) throw new Error('two are planned')
    const instances = [
      { ...first, stage: 'done' as const },
      { ...second, stage: 'kept' as const, task: 'take-back' as const },
    ]
    const over = { ...up, phase: 'aborted' as const, endedAt: 1, instances }
    expect(said(over, ended('aborted by ann; 1 of 2 added'))).toContain(
      'At the end: 1 of 2 instances added, api@4 taken back.',
    )
  })

  it('say which are removed and how, and when each is gone', () => {
    const plan = scaleOf('remove', { units: ['api@3.service'], others: ['api@1.service', 'api@2.service'] })
    const down = rolloutOf(plan)
    expect(said(down, accepted)).toContain('from 3 to 2 instances, 1 instance removed, one at a time: api@3.')
    expect(said(down, accepted)).toContain('Each is stopped and destroyed, its sidekicks before it;')
    const removed = { kind: 'removed', unit: 'api@3.service', tookMs: 4000, reason: 'stopped and destroyed' } as const
    expect(said(down, removed)).toBe('api@3 is gone after 4s: stopped and destroyed')
    expect(said(down, { kind: 'abort-asked', by, reason: null })).toContain('what is under way is brought back up')
  })
})
