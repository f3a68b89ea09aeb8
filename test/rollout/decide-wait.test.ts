import { describe, expect, it } from 'vitest'
import type { Blocker } from '../../src/domain/plan.ts'
import type { Rollout, WaitsFor } from '../../src/domain/rollout.ts'
import { decideWait, isStuck, type Checked, type WaitSeen } from '../../src/rollout/decide-wait.ts'
import { planOf, rolloutOf } from '../support/rollouts.ts'

const turn: WaitsFor = { kind: 'turn', live: 7, ahead: [8] }
const waiting = (waits: WaitsFor, force = false): Rollout => ({
  ...rolloutOf(planOf()),
  phase: 'queued',
  waiting: { for: waits, ask: { kind: 'deploy', batch: null, canary: null, only: null }, force },
})

const ann = { id: 'U1', name: 'ann' }
const abort = { kind: 'abort', by: ann, reason: 'no', at: 0, audit: 1 } as const
const down: Blocker = { kind: 'already-down', message: '2 of 3 do not serve', force: true }
const locked: Blocker = { kind: 'locked', message: 'api production is locked by bob: db', force: false }
const same: Checked = { kind: 'plan', plan: planOf(), blockers: [] }
const other: Checked = { kind: 'plan', plan: planOf({ hash: 'other' }), blockers: [] }
const blocked: Checked = { kind: 'plan', plan: planOf(), blockers: [down] }
const yesTo = (hash: string, ...passes: string[]) => ({ hash, passes, by: ann, at: 0, audit: 1 })
const seen: WaitSeen = { turn: { kind: 'now' }, abort: null, holds: [], checked: null, yes: null, differed: null }

describe('what becomes of a rollout that waits', () => {
  const cases: readonly [string, Rollout, Partial<WaitSeen>, object][] = [
    [
      'an abort goes before everything',
      waiting(turn),
      { abort, checked: same },
      { kind: 'end', ending: { kind: 'aborted', by: ann } },
    ],
    [
      'those before it go first, whatever else is seen',
      waiting(turn),
      { turn, holds: ['x'], checked: same },
      { kind: 'wait', for: turn, facts: [] },
    ],
    [
      'a hold is told for what',
      waiting(turn),
      { holds: ['api is locked'] },
      { kind: 'wait', for: { kind: 'hold', reason: 'api is locked' } },
    ],
    [
      'a hold goes before the limit, so that others need not wait for it',
      waiting(turn),
      { holds: ['x'], turn: { kind: 'limit', limit: 1, before: [] } },
      { for: { kind: 'hold' } },
    ],
    [
      'the limit of the tier holds',
      waiting(turn),
      { turn: { kind: 'limit', limit: 1, before: [] } },
      { for: { kind: 'limit', limit: 1 } },
    ],
    ['then it is planned anew', waiting(turn), {}, { kind: 'check' }],
    [
      'a fleet that does not answer is waited for',
      waiting(turn),
      { checked: { kind: 'silent', reason: 'away' } },
      { for: { kind: 'answer', reason: 'away' } },
    ],
    [
      'with nothing left to roll it fails',
      waiting(turn),
      { checked: { kind: 'impossible', reason: 'gone' } },
      { kind: 'end', ending: { kind: 'failed', reason: 'gone' } },
    ],
    ['the same plan begins', waiting(turn), { checked: same }, { kind: 'begin', plan: planOf() }],
    ['another plan is looked at twice', waiting(turn), { checked: other }, { kind: 'look-again', differs: 'other' }],
    [
      'and then shown',
      waiting(turn),
      { checked: other, differed: 'other' },
      {
        kind: 'wait',
        for: { kind: 'yes', hash: 'other', obstacles: [] },
        facts: [{ kind: 'plan-changed', was: 'abc' }],
      },
    ],
    [
      'a third one is looked at twice again',
      waiting(turn),
      { checked: other, differed: 'third' },
      { kind: 'look-again' },
    ],
    [
      'a yes to it begins',
      waiting(turn),
      { checked: other, yes: yesTo('other') },
      { kind: 'begin', plan: { hash: 'other' } },
    ],
    ['a yes to another does not', waiting(turn), { checked: other, yes: yesTo('third') }, { kind: 'look-again' }],
    [
      'what stands in the way is asked about, though the plan is the same',
      waiting(turn),
      { checked: blocked, differed: 'abc already-down' },
      { for: { kind: 'yes', hash: 'abc', obstacles: [{ kind: 'already-down' }] } },
    ],
    ['it is passed when that was forced', waiting(turn, true), { checked: blocked }, { kind: 'begin' }],
    [
      'or when the yes was to it',
      waiting(turn),
      { checked: blocked, yes: yesTo('abc', 'already-down') },
      { kind: 'begin' },
    ],
    [
      'and not by a yes to something else',
      waiting(turn),
      { checked: blocked, yes: yesTo('abc', 'unscheduled') },
      { kind: 'look-again' },
    ],
    [
      'a lock is passed by no yes and no force',
      waiting(turn, true),
      { checked: { ...same, blockers: [locked] }, yes: yesTo('abc', 'locked') },
      { for: { kind: 'hold' } },
    ],
    [
      'a live rollout is no obstacle: its turn says so',
      waiting(turn),
      { checked: { ...same, blockers: [{ kind: 'busy', message: 'x', force: false }] } },
      { kind: 'begin' },
    ],
  ]
  it.each(cases)('%s', (_, rollout, change, step) => {
    expect(decideWait(rollout, { ...seen, ...change })).toMatchObject(step)
  })

  it('is told in a line when it waits for something else, and not for moving up or for what is known', () => {
    const facts = (rollout: Rollout, change: Partial<WaitSeen>) => {
      const step = decideWait(rollout, { ...seen, ...change })
      return step.kind === 'wait' ? step.facts.map((fact) => fact.kind) : step.kind
    }
    expect(facts(waiting(turn), { turn: { kind: 'turn', live: 8, ahead: [] } })).toEqual([])
    expect(facts(waiting(turn), { holds: ['a'] })).toEqual(['waits'])
    expect(facts(waiting({ kind: 'hold', reason: 'a' }), { holds: ['a'] })).toEqual([])
    expect(facts(waiting({ kind: 'hold', reason: 'a' }), { holds: ['b'] })).toEqual(['waits'])
    expect(facts(waiting({ kind: 'answer', reason: 'a' }), { checked: { kind: 'silent', reason: 'b' } })).toEqual([])
    const shown: WaitsFor = { kind: 'yes', hash: 'other', obstacles: [] }
    expect(facts(waiting(shown), { checked: other })).toEqual([])
  })

  it('answers with the very same object when nothing is new, so that nothing is written', () => {
    const before = waiting(turn)
    const step = decideWait(before, { ...seen, turn: { kind: 'turn', live: 7, ahead: [8] } })
    expect(step.kind === 'wait' && step.for === before.waiting?.for).toBe(true)
  })

  it('holds up others of its tier only while nothing but its turn is missing', () => {
    const kinds: readonly [WaitsFor, boolean][] = [
      [turn, false],
      [{ kind: 'limit', limit: 1, before: [] }, false],
      [{ kind: 'hold', reason: '' }, true],
      [{ kind: 'answer', reason: '' }, true],
      [{ kind: 'yes', hash: '', obstacles: [] }, true],
    ]
    for (const [waits, stuck] of kinds) expect(isStuck(waits)).toBe(stuck)
  })
})
