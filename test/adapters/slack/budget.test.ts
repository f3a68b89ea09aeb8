import { describe, expect, test } from 'vitest'
import { createBudget, SLACK_LIMITS, type Limits } from '../../../src/adapters/slack/budget.ts'
import type { Clock } from '../../../src/ports/clock.ts'

const limits: Limits = {
  methods: {
    'chat.update': { perMinute: 60, burst: 4, reserve: 2 },
    'chat.postMessage': { perMinute: 600, burst: 100, reserve: 0 },
  },
  perChannel: { perMinute: 60, burst: 2, reserve: 1 },
}

function budgetAt(over: Limits = limits) {
  let now = 1_000
  const clock: Clock = { now: () => now, monotonic: () => now, sleep: async () => undefined }
  const budget = createBudget(over, clock)
  return {
    budget,
    pass: (ms: number) => {
      now += ms
    },
    update: (urgent = false, who: string | null = null) => budget.take('chat.update', 'C1', urgent, who),
    post: (channel: string, urgent = false, who: string | null = null) =>
      budget.take('chat.postMessage', channel, urgent, who),
  }
}

describe('the budget', () => {
  test('a burst passes, then the caller is told exactly how long to wait', () => {
    const { update, pass } = budgetAt()
    expect([update(), update()]).toEqual([{ kind: 'go' }, { kind: 'go' }])
    expect(update()).toEqual({ kind: 'wait', retryAfterMs: 1_000 })
    pass(999)
    expect(update()).toEqual({ kind: 'wait', retryAfterMs: 1 })
    pass(1)
    expect(update()).toEqual({ kind: 'go' })
  })

  test('a final state passes on the share that is kept for it', () => {
    const { update } = budgetAt()
    update()
    update()
    expect(update().kind).toBe('wait')
    expect([update(true), update(true)]).toEqual([{ kind: 'go' }, { kind: 'go' }])
    expect(update(true)).toEqual({ kind: 'wait', retryAfterMs: 1_000 })
    expect(update()).toEqual({ kind: 'wait', retryAfterMs: 3_000 })
  })

  test('one channel’s posts do not use up another’s', () => {
    const { post } = budgetAt()
    expect(post('C1')).toEqual({ kind: 'go' })
    expect(post('C1').kind).toBe('wait')
    expect(post('C1', true)).toEqual({ kind: 'go' })
    expect(post('C2')).toEqual({ kind: 'go' })
  })

  test('a call that is turned away takes nothing', () => {
    const { post, pass } = budgetAt()
    post('C1')
    for (let turn = 0; turn < 500; turn++) post('C1')
    pass(1_000)
    expect(post('C1')).toEqual({ kind: 'go' })
    expect(post('C2')).toEqual({ kind: 'go' })
  })

  test('a refusal closes its method alone, for the urgent too, and for as long as Slack said', () => {
    const { budget, update, post, pass } = budgetAt()
    budget.refused('chat.update', 3_000)
    budget.refused('chat.update', 1_000)
    expect(update(true)).toEqual({ kind: 'wait', retryAfterMs: 3_000 })
    expect(post('C1')).toEqual({ kind: 'go' })
    pass(3_000)
    expect(update()).toEqual({ kind: 'go' })
  })

  test('thousands of channels do not grow it for ever, and forgetting gives nobody more', () => {
    const { post, pass } = budgetAt({
      ...limits,
      methods: { 'chat.postMessage': { perMinute: 1, burst: 10_000, reserve: 0 } },
    })
    for (let channel = 0; channel < 5_000; channel++) {
      post(`C${channel}`)
      pass(1)
    }
    expect(post('C4999').kind).toBe('wait')
    expect(post('C0')).toEqual({ kind: 'go' })
  })

  test('under Slack’s limits 40 edits a minute and no more, however many ask', () => {
    const { budget, pass } = budgetAt(SLACK_LIMITS)
    for (let turn = 0; turn < 100; turn++) budget.take('chat.update', 'C1', true, null)
    let passed = 0
    for (let turn = 0; turn < 6_000; turn++) {
      pass(10)
      if (budget.take('chat.update', 'C1', turn % 2 === 0, null).kind === 'go') passed++
    }
    expect(passed).toBeLessThanOrEqual(40)
    expect(passed).toBeGreaterThanOrEqual(39)
  })

  test('who was turned away first goes first, and each is told its own moment', () => {
    const { update, pass } = budgetAt()
    update()
    update()
    expect(update(false, 'a')).toEqual({ kind: 'wait', retryAfterMs: 1_000 })
    expect(update(false, 'b')).toEqual({ kind: 'wait', retryAfterMs: 2_000 })
    expect(update(false, 'c')).toEqual({ kind: 'wait', retryAfterMs: 3_000 })
    pass(1_000)
    // One who comes for the first time, and one who comes too early, take nothing from whose turn it is.
    expect(update(false, 'd')).toEqual({ kind: 'wait', retryAfterMs: 3_000 })
    expect(update(false, 'c')).toEqual({ kind: 'wait', retryAfterMs: 2_000 })
    expect(update(false, 'a')).toEqual({ kind: 'go' })
    pass(1_000)
    expect(update(false, 'a').kind).toBe('wait')
    expect(update(false, 'b')).toEqual({ kind: 'go' })
  })

  test('a place is lost by staying away, and by going', () => {
    const { update, pass } = budgetAt()
    update()
    update()
    update(false, 'a')
    update(false, 'b')
    pass(20_000)
    expect(update(false, 'b')).toEqual({ kind: 'go' })
    expect(update(false, 'c')).toEqual({ kind: 'go' })
    expect(update(false, 'd')).toEqual({ kind: 'wait', retryAfterMs: 1_000 })
  })

  test('a final state passes all who wait, and needs no second place', () => {
    const { update, pass } = budgetAt()
    update()
    update()
    for (const who of ['a', 'b', 'c']) update(false, who)
    expect([update(true, 'c'), update(true, 'x')]).toEqual([{ kind: 'go' }, { kind: 'go' }])
    expect(update(true, 'y')).toEqual({ kind: 'wait', retryAfterMs: 1_000 })
    pass(3_000)
    expect(update(false, 'a').kind).toBe('wait')
    expect(update(true, 'y')).toEqual({ kind: 'go' })
    pass(1_000)
    expect(update(false, 'a')).toEqual({ kind: 'go' })
    expect(update(false, 'b')).toEqual({ kind: 'wait', retryAfterMs: 1_000 })
  })

  test('those who wait for a busy channel keep nobody of another one waiting', () => {
    const { post } = budgetAt({
      ...limits,
      methods: { 'chat.postMessage': { perMinute: 600, burst: 5, reserve: 0 } },
    })
    post('C1')
    for (let n = 0; n < 50; n++) expect(post('C1', false, `r${n}`).kind).toBe('wait')
    expect(post('C2', false, 'other')).toEqual({ kind: 'go' })
  })

  test('all are served in the end, in their order, though a hundred ask again and again', () => {
    const { budget, pass } = budgetAt(SLACK_LIMITS)
    const waiting = Array.from({ length: 100 }, (_, n) => `r${n}`)
    const served: string[] = []
    while (budget.take('chat.update', 'C1', false, null).kind === 'go') pass(0)
    for (const who of waiting) budget.take('chat.update', 'C1', false, who)
    for (let turn = 0; served.length < 100 && turn < 2_000; turn++) {
      pass(100)
      // The youngest ask first.
      for (const who of waiting.toReversed()) {
        if (!served.includes(who) && budget.take('chat.update', 'C1', false, who).kind === 'go') served.push(who)
      }
    }
    expect(served).toEqual(waiting)
  })
})
