import { describe, expect, it } from 'vitest'
import { check } from '../../chaos/checker/check.ts'
import type { Change, Evidence } from '../../chaos/checker/evidence.ts'

/** One rollout of one instance that succeeded, and what its root message and its thread show. */

function violations(reaction: string, line: string): readonly string[] {
  const record = (phase: string, stage: string): object => ({
    id: 1,
    phase,
    seq: 1,
    command: 'restart api production',
    reason: null,
    place: { channel: 'C', thread: null },
    requestedBy: { id: 'U0ANN' },
    ending: null,
    instances: [{ unit: 'api@1.service', stage, calls: 2, sidekicks: [] }],
    plan: { tier: 'production', service: 'api', atOnce: 1 },
  })
  const changes = [record('rolling', 'waiting'), record('succeeded', 'done')].map((is, index): Change => ({
    key: 'rollouts/000000000001',
    value: JSON.stringify({ v: 1, is }),
    revision: index + 1,
    by: index * 1000,
    slop: 0,
  }))
  const root = { channel: 'C', user: 'B', ts: '1', text: 'Rollout 1: restart of api to production succeeded' }
  const evidence: Evidence = {
    changes,
    fleet: [],
    asked: [],
    said: [],
    named: new Map(),
    messages: [
      { ...root, reactions: [{ name: reaction, users: ['B'] }] },
      { ...root, ts: '2', thread_ts: '1', text: line, reactions: [] },
    ],
    typed: [],
    homes: new Map(),
    harness: '/harness',
    machines: new Map(),
    historyChannel: 'H',
    bot: 'B',
    lagMs: 1,
  }
  return check(evidence)
    .violations.filter(({ message }) => message.includes('reactions'))
    .map(({ invariant, message }) => `${invariant}: ${message}`)
}

const copy = 'Opsee did not see the old copy of api@1 on 10.0.0.1 stop: the machine left the cluster.'

describe('The checker, of how a success is shown', () => {
  it('wants a check mark for a clean one', () => {
    expect(violations('white_check_mark', 'nothing')).toEqual([])
    expect(violations('warning', 'nothing')).toHaveLength(1)
  })

  it('wants a warning where an old copy may still run', () => {
    expect(violations('warning', copy)).toEqual([])
    expect(violations('white_check_mark', copy)).toEqual([
      '6: ended as succeeded, and its root message has the reactions white_check_mark',
    ])
  })
})
