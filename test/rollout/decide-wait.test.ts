import { describe, expect, it } from 'vitest'
import type { Blocker, Plan } from '../../src/domain/plan.ts'
import type { Phase, Rollout, WaitsFor } from '../../src/domain/rollout.ts'
import { decideWait, isStuck, type Checked, type WaitSeen } from '../../src/rollout/decide-wait.ts'
import { releaseOf } from '../support/releases.ts'
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
const seen: WaitSeen = {
  turn: { kind: 'now' },
  abort: null,
  holds: [],
  failed: [],
  checked: null,
  yes: null,
  differed: null,
}

/** A deploy of release 2 while every instance runs release `runs`. */
function shipping(runs: '1' | '2', change: Partial<Plan['batches'][number][number]> = {}): Plan {
  const plan = planOf()
  const to = { ...releaseOf('2'), tag: 'v2' }
  const one = { runs: releaseOf(runs).digest, ...change }
  return {
    ...plan,
    hash: `plan-${runs}`,
    batches: plan.batches.map((batch, index) =>
      batch.map((each) => ({ ...each, ...(index === 0 ? one : { runs: one.runs === null ? to.digest : one.runs }) })),
    ),
    release: {
      at: { by: 'tag', image: 'quay.io/opsee/api', tag: 'production' },
      from: to.digest,
      to,
      proof: { by: 'health', field: 'release' },
    },
  }
}
const there = (): Checked => ({
  kind: 'plan',
  plan: shipping('2'),
  blockers: [{ kind: 'there-already', message: 'it runs already', force: true }],
})

describe('what becomes of a rollout that waits', () => {
  const cases: readonly [string, Rollout, Partial<WaitSeen>, object][] = [
    [
      'an abort goes before everything',
      waiting(turn),
      { abort, checked: same },
      {
        kind: 'end',
        ending: { kind: 'cancelled', why: 'withdrawn', by: ann, reason: 'ann took it out of the queue: no' },
      },
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
      'with nothing left to roll it ends itself',
      waiting(turn),
      { checked: { kind: 'impossible', why: 'gone', reason: 'api is gone' } },
      { kind: 'end', ending: { kind: 'cancelled', why: 'gone', by: null, reason: 'api is gone' } },
    ],
    [
      'a scale whose instances are there already ends itself',
      waiting(turn),
      { checked: { kind: 'impossible', why: 'pointless', reason: 'the instances are already there' } },
      { kind: 'end', ending: { kind: 'cancelled', why: 'pointless', reason: 'the instances are already there' } },
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

  describe('after a failure on its target', () => {
    const failed = [{ id: 11, phase: 'failed' }] as const
    const obstacle = { kind: 'failed-before', message: 'rollout 11 failed before it' }
    const asks: WaitsFor = { kind: 'yes', hash: 'abc', obstacles: [obstacle] }

    it('asks for confirmation, and names the rollout that failed, at the first look', () => {
      const step = decideWait(waiting(turn), { ...seen, failed, checked: same })
      expect(step).toMatchObject({ kind: 'wait', for: asks, facts: [{ kind: 'plan-changed', obstacles: [obstacle] }] })
      expect(isStuck(asks)).toBe(true)
    })

    it.each<[Phase, string]>([
      ['rollback-failed', 'rollout 11 failed, and its rollback failed too before it'],
      ['rolled-back', 'rollout 11 failed and was rolled back before it'],
      ['aborted', 'rollout 11 was aborted before it'],
    ])('asks also when that rollout ended as %s', (phase, message) => {
      const step = decideWait(waiting(turn), { ...seen, failed: [{ id: 11, phase }], checked: same })
      expect(step).toMatchObject({ for: { kind: 'yes', obstacles: [{ message }] } })
    })

    it('names all that failed while it waited', () => {
      const two = [...failed, { id: 12, phase: 'aborted' }] as const
      const step = decideWait(waiting(turn), { ...seen, failed: two, checked: same })
      expect(step).toMatchObject({
        for: { obstacles: [{ message: 'rollout 11 failed and rollout 12 was aborted before it' }] },
      })
    })

    it('is not passed by force, which was typed before the failure', () => {
      expect(decideWait(waiting(turn, true), { ...seen, failed, checked: same })).toMatchObject({ for: asks })
    })

    it('begins with a yes to that failure, and not with a yes to something else', () => {
      const yes = yesTo('abc', 'failed-before')
      expect(decideWait(waiting(asks), { ...seen, failed, checked: same, yes })).toMatchObject({ kind: 'begin' })
      const other = { ...seen, failed, checked: same, yes: yesTo('abc', 'already-down') }
      expect(decideWait(waiting(turn), other)).toMatchObject({ for: asks })
    })

    it('waits for a lock first, and for its turn', () => {
      expect(decideWait(waiting(turn), { ...seen, failed, holds: ['x'] })).toMatchObject({ for: { kind: 'hold' } })
      expect(decideWait(waiting(asks), { ...seen, failed, turn })).toMatchObject({ for: turn })
    })

    it('ends itself without a question when it has become pointless', () => {
      const step = decideWait(waiting(turn), { ...seen, failed, checked: there() })
      expect(step).toMatchObject({ kind: 'end', ending: { why: 'pointless' } })
    })
  })

  describe('with nothing more to do', () => {
    const shipped = (change: Partial<Rollout['plan']['batches'][number][number]> = {}): Plan => shipping('2', change)
    const deploy = (plan: Plan, force = false): Rollout => ({ ...waiting(turn, force), plan })
    const checked = (plan: Plan, ...blockers: Blocker[]): Checked => ({ kind: 'plan', plan, blockers })

    it('ends itself when every instance runs its release by now', () => {
      expect(decideWait(deploy(shipping('1')), { ...seen, checked: checked(shipped()) })).toEqual({
        kind: 'end',
        ending: {
          kind: 'cancelled',
          why: 'pointless',
          by: null,
          reason: 'v2 (sha256:222222222222) runs on 3 instances already',
        },
      })
    })

    it.each<[string, Rollout, Checked]>([
      ['was a restart from the beginning', deploy(shipped()), checked(shipped())],
      ['was forced', deploy(shipping('1'), true), checked({ ...shipped(), hash: 'abc' })],
      ['has an instance that does not serve', deploy(shipping('1')), checked(shipped({ serving: false }))],
      ['has an instance that runs another release', deploy(shipping('1')), checked(shipped({ runs: null }))],
      ['makes an instance anew', deploy(shipping('1')), checked(shipped({ task: 'renew' }))],
      ['is a restart', deploy({ ...shipping('1'), kind: 'restart' }), checked({ ...shipped(), kind: 'restart' })],
    ])('goes on when it %s', (_, rollout, now) => {
      expect(decideWait(rollout, { ...seen, checked: now }).kind).not.toBe('end')
    })

    it('ends itself where a new command would be refused for that, seen or not', () => {
      const blocker: Blocker = { kind: 'there-already', message: 'it runs already', force: true }
      const plan = shipped()
      const silent: Plan = { ...plan, release: plan.release && { ...plan.release, proof: { by: 'none' } } }
      expect(decideWait(deploy(silent), { ...seen, checked: checked(silent, blocker) })).toMatchObject({
        ending: { why: 'pointless', reason: expect.stringContaining('as far as Opsee knows') },
      })
    })
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
