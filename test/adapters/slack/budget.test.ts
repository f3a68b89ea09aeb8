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
    update: (urgent = false) => budget.take('chat.update', 'C1', urgent),
    post: (channel: string, urgent = false) => budget.take('chat.postMessage', channel, urgent),
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
    for (let turn = 0; turn < 100; turn++) budget.take('chat.update', 'C1', true)
    let passed = 0
    for (let turn = 0; turn < 6_000; turn++) {
      pass(10)
      if (budget.take('chat.update', 'C1', turn % 2 === 0).kind === 'go') passed++
    }
    expect(passed).toBeLessThanOrEqual(40)
    expect(passed).toBeGreaterThanOrEqual(39)
  })
})
