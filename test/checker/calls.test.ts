import { describe, expect, it } from 'vitest'
import { check } from '../../chaos/checker/check.ts'
import type { Change, Evidence, FleetLine } from '../../chaos/checker/evidence.ts'

/** Two rollouts of one service, the first from 10 s to 20 s, the second from 60 s to 70 s, both driven by process 7. */

const unit = 'hugs@1.service'
const rollout = (id: number, phase: string, stage: string): readonly [string, object] => [
  `rollouts/${String(id).padStart(12, '0')}`,
  {
    id,
    phase,
    seq: 1,
    command: 'restart hugs production',
    reason: null,
    place: { channel: 'C', thread: null },
    requestedBy: { id: 'U0ANN' },
    ending: null,
    instances: [{ unit, stage, calls: 1, sidekicks: [] }],
    plan: { tier: 'production', service: 'hugs', atOnce: 1 },
  },
]
const owner = (id: number, driver: string | null): readonly [string, object | null] => [
  `owners/${String(id).padStart(12, '0')}`,
  driver === null ? null : { driver },
]
const call = (at: number, home: string | null, verb = 'stop'): FleetLine => ({
  at: at * 1000,
  tier: 'production',
  action: 'call',
  detail: { verb, argv: [verb, '--no-block', unit], id: `c${at}`, home },
})

/** What the checker says of these calls, of rollouts after this revision. */
function accused(fleet: readonly FleetLine[], after = 0): readonly string[] {
  const history: readonly (readonly [seconds: number, write: readonly [string, object | null]])[] = [
    [10, rollout(1, 'rolling', 'waiting')],
    [10, owner(1, 'host:7')],
    [11, rollout(1, 'rolling', 'stopping')],
    [20, rollout(1, 'succeeded', 'done')],
    [20, owner(1, null)],
    [60, rollout(2, 'rolling', 'waiting')],
    [60, owner(2, 'host:7')],
    [61, rollout(2, 'rolling', 'stopping')],
    [70, rollout(2, 'succeeded', 'done')],
    [70, owner(2, null)],
  ]
  const changes = history.map(([seconds, [key, is]], index): Change => ({
    key,
    value: is === null ? null : JSON.stringify({ v: 1, is }),
    revision: index + 1,
    by: seconds * 1000,
    slop: 0,
  }))
  const evidence: Evidence = {
    changes,
    fleet,
    asked: [],
    said: [],
    named: new Map(),
    messages: [],
    typed: [],
    homes: new Map([
      ['/bot', 7],
      ['/other', 8],
    ]),
    harness: '/harness',
    machines: new Map(),
    historyChannel: 'H',
    bot: 'B',
    lagMs: 1,
  }
  return check(evidence, after)
    .violations.filter(({ message }) => message.includes('reached the fleet'))
    .map(({ rollout, message }) => `${rollout ?? 'none'}: ${message}`)
}

describe('The checker, of who calls fleetctl', () => {
  it('finds no fault with the driver', () => {
    expect(accused([call(12, '/bot')])).toEqual([])
  })

  // Seeds 77124 and 77138: the repair between two rounds was attributed to the rollout of the later round.
  it('leaves out the calls of the harness, between rollouts and during one', () => {
    expect(accused([call(46, '/harness'), call(46, '/harness', 'start'), call(62, '/harness')])).toEqual([])
  })

  it('reports a call of an unknown process as that, and attributes it to no rollout', () => {
    expect(accused([call(46, '/somebody'), call(62, null)])).toEqual([
      'none: stop hugs@1.service reached the fleet at 00:00:46.000 from an unknown process (HOME /somebody), which drives no rollout; no rollout was in progress on that unit then',
      'none: stop hugs@1.service reached the fleet at 00:01:02.000 from an unknown process (HOME unset), which drives no rollout; rollout 2 was in progress on that unit then',
    ])
  })

  it('attributes a call to no rollout that began later', () => {
    expect(accused([call(5, '/bot'), call(46, '/other')])).toEqual([
      'none: stop hugs@1.service reached the fleet at 00:00:05.000 from process 7, which drives no rollout; no rollout was in progress on that unit then',
      'none: stop hugs@1.service reached the fleet at 00:00:46.000 from process 8, which drives no rollout; no rollout was in progress on that unit then',
    ])
  })

  it('accuses a bot that acts while a different one drives', () => {
    expect(accused([call(62, '/other')])).toEqual([
      expect.stringMatching(/^2: stop hugs@1\.service .* from process 8, which had no right .*host:7 rollout 2 from /),
    ])
  })

  it('does not report the calls of an earlier round again', () => {
    expect(accused([call(5, '/bot'), call(46, '/other'), call(62, '/other')], 4)).toHaveLength(2)
  })
})
