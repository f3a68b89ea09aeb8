import { describe, expect, it } from 'vitest'
import { check } from '../../chaos/checker/check.ts'
import type { Change, Evidence, FleetLine, Said } from '../../chaos/checker/evidence.ts'

/**
 * One rollout of api@1 and api@2, from 10 s to 30 s. Process 11 of api@1 passed its gate at 14 s, process 12 of api@2 at 24 s.
 * The driver, process 7, asked the fleet every 400 ms.
 */

const digest = `sha256:${'2'.repeat(64)}`
const tier = 'production'
const [one, two] = ['api@1.service', 'api@2.service'] as const
type Stage = 'waiting' | 'starting' | 'done'

interface Kind {
  readonly phase?: string
  /** Its instances say what they run. */
  readonly released?: boolean
  readonly task?: string
  /** api@1 passes its gate again at 19 s. */
  readonly provenAgain?: boolean
  readonly gate?: object
  readonly warnings?: readonly string[]
}

const record = (
  phase: string,
  stages: readonly [Stage, Stage],
  { released = true, task = 'replace', gate, warnings }: Kind,
): object => ({
  id: 1,
  phase,
  seq: 2,
  command: 'deploy api production',
  reason: null,
  place: { channel: 'C', thread: null },
  requestedBy: { id: 'U0ANN' },
  ending: null,
  release: released ? { stage: 'moved' } : null,
  instances: [one, two].map((unit, index) => ({ unit, task, stage: stages[index], calls: 2, sidekicks: [] })),
  plan: {
    tier,
    service: 'api',
    atOnce: 1,
    settleMs: 400,
    gate,
    warnings,
    release: released
      ? { at: { by: 'tag', image: 'quay.io/opsee/api', tag: tier }, from: digest, to: { digest } }
      : null,
  },
})

const began = (seconds: number, unit: string, pid: number, machine = 'm1'): FleetLine => ({
  at: seconds * 1000,
  tier,
  action: 'exec-start',
  unit,
  pid,
  machine,
  detail: { kind: 'main' },
})
const ended = (seconds: number, unit: string, pid: number, machine = 'm1'): FleetLine => ({
  ...began(seconds, unit, pid, machine),
  action: 'exited',
})
const told = (seconds: number, unit: string, pid: number): FleetLine => ({
  ...began(seconds, unit, pid),
  action: 'sigterm',
})
const look = (at: number): FleetLine => ({
  at,
  tier,
  action: 'call',
  detail: { verb: 'list-units', argv: ['list-units'], id: `l${at}`, home: '/bot' },
})
const fault = (seconds: number, kind: string): FleetLine => ({
  at: seconds * 1000,
  tier,
  action: 'fault',
  detail: { kind },
})

/** Everything as it should be. */
const replaced: readonly FleetLine[] = [
  began(1, one, 1),
  began(1, two, 2),
  told(11, one, 1),
  ended(11.2, one, 1),
  began(12, one, 11),
  told(21, two, 2),
  ended(21.2, two, 2),
  began(22, two, 12),
]

function violations(
  more: readonly FleetLine[],
  kind: Kind = {},
  { thread = 'nothing', base = replaced } = {},
): readonly string[] {
  const { phase = 'succeeded' } = kind
  const fact = (seq: number, unit: string): object => ({ seq, fact: { kind: 'healthy', unit } })
  const again = kind.provenAgain === true
  const history: readonly (readonly [seconds: number, key: string, is: object])[] = [
    [10, 'rollouts/000000000001', record('rolling', ['waiting', 'waiting'], kind)],
    [10, 'owners/000000000001', { driver: 'host:7' }],
    [14, 'rollouts/000000000001', record('rolling', ['done', 'waiting'], kind)],
    [14, 'events/000000000001/000000000001', fact(1, one)],
    ...(again ? [[17.5, 'rollouts/000000000001', record('rolling', ['starting', 'waiting'], kind)] as const] : []),
    ...(again ? [[19, 'rollouts/000000000001', record('rolling', ['done', 'waiting'], kind)] as const] : []),
    [24, 'rollouts/000000000001', record('rolling', ['done', 'done'], kind)],
    [24, 'events/000000000001/000000000002', fact(2, two)],
    [30, 'rollouts/000000000001', record(phase, ['done', 'done'], kind)],
  ]
  const changes = history.map(([seconds, key, is], index): Change => ({
    key,
    value: JSON.stringify({ v: 1, is }),
    revision: index + 1,
    by: seconds * 1000,
    slop: 0,
  }))
  const looks = Array.from({ length: 100 }, (_, index) => look(index * 400))
  const fleet = [...base, ...more, ...looks].sort((a, b) => a.at - b.at)
  const said = fleet.flatMap(({ action, at, unit = '', pid = 0 }): Said[] =>
    action === 'exec-start' ? [{ at: at + 1, tier, unit, pid, digest }] : [],
  )
  const message = { channel: 'C', user: 'B', reactions: [] }
  const evidence: Evidence = {
    changes,
    fleet,
    asked: [],
    said,
    named: new Map(),
    messages: [
      { ...message, ts: '1', text: `Rollout 1: deploy of api ${phase}` },
      { ...message, ts: '2', thread_ts: '1', text: thread },
    ],
    typed: [],
    homes: new Map([['/bot', 7]]),
    harness: '/harness',
    machines: new Map([
      ['m1', '10.0.0.1'],
      ['m2', '10.0.0.2'],
    ]),
    historyChannel: 'H',
    bot: 'B',
    lagMs: 12_000,
  }
  return check(evidence)
    .violations.filter(({ message: text }) => /reported as done|would not be seen/.test(text))
    .map(({ message: text }) => text)
}

describe('The checker, of instances that are reported as done', () => {
  it('finds no fault with those that still run in the process that passed the gate', () => {
    expect(violations([])).toEqual([])
  })

  it('finds one that crashed after its proof and was started again by itself', () => {
    expect(violations([ended(16, one, 11), began(17, one, 21)])).toEqual([
      'ended as succeeded at 00:00:30.000 with api@1.service reported as done, whose process crashed at 00:00:16.000, after it had passed its gate, and was started again at 00:00:17.000',
    ])
  })

  it('finds one that crashed after its proof and stayed down, also without releases', () => {
    expect(violations([ended(16, one, 11)])).toEqual([expect.stringContaining('and stayed down')])
    expect(violations([ended(16, one, 11)], { released: false })).toEqual([expect.stringContaining('and stayed down')])
  })

  it('does not ask for a restart that neither the fleet nor a health answer shows', () => {
    expect(violations([ended(16, one, 11), began(16.1, one, 21)], { released: false })).toEqual([])
  })

  it('counts from the last time that it passed its gate', () => {
    expect(violations([ended(16, one, 11), began(17, one, 21)], { provenAgain: true })).toEqual([])
    expect(violations([ended(20, one, 11), began(21, one, 21)], { provenAgain: true })).toHaveLength(1)
  })

  it('lets fleet move one that crashed on a machine that was cut off', () => {
    const crash = [ended(16, one, 11), began(17, one, 21)]
    expect(violations([...crash, began(18, one, 31, 'm2')])).toEqual([])
  })

  it('finds it in a rollout that was rolled back, and not in one that failed', () => {
    const crash = [ended(26, two, 12), began(27, two, 21)]
    expect(violations(crash, { phase: 'rolled-back' })).toHaveLength(1)
    expect(violations(crash, { phase: 'failed' })).toEqual([])
  })

  it('lets a bot be that could not have seen it any more, or was not shown it', () => {
    expect(violations([ended(29, one, 11), began(29.5, one, 21)])).toEqual([])
    expect(violations([ended(16, one, 11), began(17, one, 21), fault(15, 'hang')])).toEqual([])
    expect(
      violations([ended(16, one, 11), began(17, one, 21), fault(2, 'hang'), fault(3, 'answer-well')]),
    ).toHaveLength(1)
  })

  it('finds one that somebody stopped, and one that fleet started again a moment ago', () => {
    expect(violations([told(16, one, 11), ended(16.1, one, 11)])).toEqual([
      expect.stringContaining('api@1.service reported as done, which was down since 00:00:16.100'),
    ])
    const moved = [told(27, one, 11), ended(27.1, one, 11)]
    expect(violations([...moved, began(29.8, one, 21, 'm2')])).toEqual([
      expect.stringContaining('whose process had run for 200 ms only, and must run steadily for 400 ms'),
    ])
    expect(violations([...moved, began(28, one, 21, 'm2')])).toEqual([])
  })

  it('finds one that was never replaced', () => {
    const base = replaced.filter(({ unit, at }) => unit !== one || at < 5000)
    expect(violations([], {}, { base })).toEqual([
      expect.stringContaining('whose process had run since 00:00:01.000, before the rollout began'),
    ])
  })

  it('finds an old copy that runs on while the thread does not say so', () => {
    const copy = [began(2, one, 3, 'm2')]
    expect(violations(copy)).toEqual([
      expect.stringContaining('its thread does not say that its old process 3 still runs on 10.0.0.2'),
    ])
    expect(violations(copy, {}, { thread: 'The old copy of api@1 may still run on 10.0.0.2.' })).toEqual([])
    expect(violations([...copy, ended(29, one, 3, 'm2')])).toEqual([])
  })

  it('finds a plan that is silent about restarts that nobody would see', () => {
    const says = ['a quick restart of an instance would not be seen: nothing names its process']
    expect(violations([], { gate: { kind: 'none' }, warnings: says })).toEqual([])
    expect(violations([], { gate: { kind: 'http', identity: 'started_at' } })).toEqual([])
    for (const gate of [{ kind: 'none' }, { kind: 'tcp' }, { kind: 'http', identity: null }])
      expect(violations([], { gate })).toEqual([expect.stringContaining(`its gate is ${gate.kind}`)])
  })

  it('leaves out what a scale removed', () => {
    expect(violations([told(16, one, 11), ended(16.1, one, 11)], { task: 'remove' })).toEqual([])
  })
})
