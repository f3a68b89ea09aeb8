import { describe, expect, it } from 'vitest'
import { check } from '../../chaos/checker/check.ts'
import type { Change, Evidence, FleetLine } from '../../chaos/checker/evidence.ts'

/** Two tiers of one service, and a scale in production from three instances to one. Nothing has releases here. */

const digits = (id: number): string => String(id).padStart(12, '0')
const unit = (number: number): string => `api@${number}.service`

interface Instance {
  readonly unit: string
  readonly task: string
  readonly stage: string
}
const rollout = (
  id: number,
  instances: readonly Instance[],
  { phase = 'rolling', tier = 'production', retryOf = null as number | null } = {},
): readonly [string, object] => [
  `rollouts/${digits(id)}`,
  {
    id,
    phase,
    seq: 1,
    command: 'scale api production 1',
    reason: null,
    place: { channel: 'C', thread: null },
    requestedBy: { id: 'U0ANN' },
    ending: null,
    retryOf,
    instances: instances.map((one) => ({ ...one, calls: 9, sidekicks: [] })),
    plan: { tier, service: 'api', atOnce: 1, others: tier === 'production' ? [unit(1)] : [] },
  },
]
const owner = (id: number): readonly [string, object] => [`owners/${digits(id)}`, { driver: 'host:7' }]
const line = (seconds: number, more: Partial<FleetLine>): FleetLine => ({
  at: seconds * 1000,
  tier: 'production',
  action: 'call',
  ...more,
})
const call = (seconds: number, verb: string, number: number, tier = 'production'): readonly FleetLine[] => [
  line(seconds, {
    tier,
    detail: { verb, argv: [verb, unit(number)], id: `${tier}${seconds}${verb}`, home: '/bot' },
  }),
  line(seconds + 0.1, {
    tier,
    action: 'wish',
    unit: unit(number),
    detail: { call: `${tier}${seconds}${verb}`, wanted: 'inactive' },
  }),
]
const main = (seconds: number, action: 'exec-start' | 'exited', number: number, tier = 'production'): FleetLine =>
  line(seconds, { tier, action, unit: unit(number), pid: number, machine: 'm1', detail: { kind: 'main' } })

function violations(
  history: readonly (readonly [seconds: number, write: readonly [string, object]])[],
  fleet: readonly FleetLine[],
): readonly string[] {
  const changes = history.map(([seconds, [key, is]], index): Change => ({
    key,
    value: JSON.stringify({ v: 1, is }),
    revision: index + 1,
    by: seconds * 1000,
    slop: 0,
  }))
  const evidence: Evidence = {
    changes,
    fleet: [...fleet].sort((a, b) => a.at - b.at),
    asked: [],
    said: [],
    named: new Map(),
    messages: [],
    typed: [],
    homes: new Map([['/bot', 7]]),
    harness: '/harness',
    machines: new Map(),
    historyChannel: 'H',
    bot: 'B',
    lagMs: 12_000,
  }
  return check(evidence)
    .violations.filter(({ message }) => /taken away|reached the fleet|takes up/.test(message))
    .map(({ invariant, message }) => `${invariant}: ${message}`)
}

const at =
  (stage: string) =>
  (number: number): Instance => ({ unit: unit(number), task: 'remove', stage })
const [waits, stopping, removing, removed] = [at('waiting'), at('stopping'), at('removing'), at('done')]
const running = [1, 2, 3].map((number) => main(number / 10, 'exec-start', number))
const firstRemoved: readonly FleetLine[] = [
  ...running,
  ...call(11, 'stop', 3),
  main(12, 'exited', 3),
  ...call(13, 'destroy', 3),
]

describe('The checker, of a scale', () => {
  it('does not count on an instance that was removed', () => {
    const history = [
      [10, rollout(1, [waits(3), waits(2)])],
      [10, owner(1)],
      [10.5, rollout(1, [stopping(3), waits(2)])],
      [12.5, rollout(1, [removing(3), waits(2)])],
      [14, rollout(1, [removed(3), waits(2)])],
      [15, rollout(1, [removed(3), stopping(2)])],
    ] as const
    expect(violations(history, [...firstRemoved, ...call(16, 'stop', 2)])).toEqual([])
  })

  it('finds a second one that is taken away while the first one is not gone yet', () => {
    const history = [
      [10, rollout(1, [waits(3), waits(2)])],
      [10, owner(1)],
      [10.5, rollout(1, [stopping(3), stopping(2)])],
    ] as const
    expect(violations(history, [...running, ...call(11, 'stop', 3), ...call(11.5, 'stop', 2)])).toEqual([
      '2: api@2.service was taken away at 00:00:11.600 while api@3.service was away: the plan allows 1',
    ])
  })

  it('finds a destroy that was not recorded before', () => {
    const history = [
      [10, rollout(1, [waits(3), waits(2)])],
      [10, owner(1)],
      [10.5, rollout(1, [stopping(3), waits(2)])],
    ] as const
    expect(violations(history, firstRemoved)).toEqual([
      '4: destroy api@3.service reached the fleet at 00:00:13.000 while api@3.service was recorded as waiting, then stopping',
    ])
  })
})

describe('The checker, of two tiers', () => {
  const replaced = (stage: string): Instance => ({ unit: unit(1), task: 'replace', stage })

  it('does not take an instance of one tier for that of the other', () => {
    const staging = { tier: 'staging' }
    const history = [
      [10, rollout(1, [replaced('waiting')], staging)],
      [10, owner(1)],
      [10.5, rollout(1, [replaced('stopping')], staging)],
    ] as const
    const here = [...running, main(0.5, 'exec-start', 1, 'staging'), ...call(11, 'stop', 1, 'staging')]
    expect(violations(history, here)).toEqual([])
    expect(violations(history, [...running, ...call(11, 'stop', 1)])).toEqual([
      expect.stringContaining(
        '1: stop api@1.service reached the fleet at 00:00:11.000 from process 7, which drives no rollout',
      ),
    ])
  })

  it('finds a failed rollout that was taken up again twice', () => {
    const again = (id: number) => [10 + id, rollout(id, [replaced('waiting')], { retryOf: 1 })] as const
    expect(violations([again(2)], [])).toEqual([])
    expect(violations([again(2), again(3)], [])).toEqual(['1: takes up rollout 1 again, and so did rollout 2'])
  })
})
