import { describe, expect, test } from 'vitest'
import {
  createThrottle,
  refusalText,
  usualThrottle,
  type Submitted,
  type ThrottleLimits,
} from '../../src/command/throttle.ts'

const limits: ThrottleLimits = {
  running: 6,
  runningEach: 2,
  waitingEach: 3,
  waiting: 20,
  restMs: 1000,
  longestRestMs: 4000,
  answerEveryMs: 5000,
}

/** Commands that end when the test says so, at a time that the test sets. */
function stage(of: ThrottleLimits = limits) {
  let now = 0
  const throttle = createThrottle<{ readonly id: string }>(of, { now: () => 1_000_000 + now, monotonic: () => now })
  const open: { readonly id: string; end(): void }[] = []
  const begun: string[] = []
  const submit = (id: string): Submitted<void> =>
    throttle.submit({ id }, () => {
      begun.push(id)
      return new Promise<void>((resolve) => open.push({ id, end: resolve }))
    })
  const kinds = (id: string, count: number) => Array.from({ length: count }, () => submit(id).kind)
  return {
    throttle,
    submit,
    kinds,
    begun,
    later: (ms: number) => (now += ms),
    /** Ends the oldest command of this person. */
    end: async (id: string) => {
      const index = open.findIndex((one) => one.id === id)
      open.splice(index, 1)[0]?.end()
      for (let turn = 0; turn < 5; turn++) await Promise.resolve()
    },
  }
}

describe('one person', () => {
  test('runs so many at once, lets so many wait, and is refused beyond', async () => {
    const { kinds, begun, end } = stage()
    expect(kinds('U1', 7)).toEqual([...Array.from({ length: 5 }, () => 'accepted'), 'refused', 'refused'])
    expect(begun).toHaveLength(2)
    await end('U1')
    expect(begun).toHaveLength(3)
  })

  test('rests after that, longer each time, and as at first after a minute of quiet', async () => {
    const { submit, kinds, end, later } = stage()
    kinds('U1', 6)
    const retryAfter = () => {
      const submitted = submit('U1')
      return submitted.kind === 'refused' ? submitted.retryAfterMs : 0
    }
    later(400)
    expect(retryAfter()).toBe(600)
    for (const rest of [2000, 4000, 4000]) {
      later(10_000)
      expect(retryAfter()).toBe(rest)
    }
    for (let n = 0; n < 5; n++) await end('U1')
    later(70_000)
    kinds('U1', 5)
    expect(retryAfter()).toBe(1000)
  })

  test('hears of the first refusal, and then once in a while', () => {
    const { submit, kinds, later } = stage()
    kinds('U1', 5)
    const answered = () => {
      const submitted = submit('U1')
      return submitted.kind === 'refused' && submitted.answer
    }
    expect([answered(), answered(), answered()]).toEqual([true, false, false])
    later(5000)
    expect([answered(), answered()]).toEqual([true, false])
  })

  test('keeps nobody else from running', async () => {
    const { kinds, submit, begun } = stage()
    kinds('U1', 100)
    expect(submit('U2').kind).toBe('accepted')
    expect(begun.filter((id) => id === 'U2')).toHaveLength(1)
  })
})

describe('everybody together', () => {
  test('take turns by person, not by who came first', async () => {
    const { kinds, submit, begun, end } = stage({ ...limits, running: 2, runningEach: 2 })
    kinds('U1', 5)
    submit('U2')
    submit('U3')
    expect(begun).toEqual(['U1', 'U1'])
    await end('U1')
    await end('U1')
    await end('U1')
    // U1 waited first and has one turn; then it is the others', although U1 had more that came before theirs.
    expect(begun).toEqual(['U1', 'U1', 'U1', 'U2', 'U3'])
  })

  test('are refused when too many wait, without a rest for the one who came last', () => {
    const { kinds, submit, later } = stage({ ...limits, running: 1, runningEach: 1, waiting: 2 })
    kinds('U1', 1)
    kinds('U2', 1)
    kinds('U3', 1)
    const submitted = submit('U4')
    expect(submitted).toMatchObject({ kind: 'refused', why: 'everybody', answer: true })
    later(1)
    expect(submit('U4')).toMatchObject({ kind: 'refused', why: 'everybody' })
  })

  test('go on after a command that fails', async () => {
    const { throttle, submit, begun } = stage({ ...limits, running: 1, runningEach: 1 })
    const failing = throttle.submit({ id: 'U1' }, async () => {
      throw new Error('failed')
    })
    submit('U2')
    if (failing.kind === 'accepted') await expect(failing.result).rejects.toThrow('failed')
    for (let turn = 0; turn < 5; turn++) await Promise.resolve()
    expect(begun).toEqual(['U2'])
  })
})

test('refusals are counted by person until they are taken', () => {
  const { throttle, kinds, later } = stage()
  kinds('U1', 8)
  later(10)
  kinds('U1', 2)
  kinds('U2', 6)
  expect(throttle.takeRefusals()).toEqual([
    { person: { id: 'U1' }, count: 5, from: 1_000_000, to: 1_000_010 },
    { person: { id: 'U2' }, count: 1, from: 1_000_010, to: 1_000_010 },
  ])
  expect(throttle.takeRefusals()).toEqual([])
})

test('a person with 10,000 commands costs no memory for them', () => {
  const { throttle, kinds } = stage(usualThrottle)
  expect(kinds('U1', 10_000).filter((kind) => kind === 'accepted')).toHaveLength(16)
  expect(throttle.takeRefusals()).toMatchObject([{ count: 9984 }])
})

test('the answer says what is too many, and when to type again', () => {
  const refused = { kind: 'refused', why: 'person', retryAfterMs: 1400, answer: true } as const
  expect(refusalText(refused, usualThrottle)).toBe(
    '⏳ Too many at once: Opsee carries out 4 of your commands at a time, and 12 may wait. This command was not done, and your next ones are refused as well for 2 s. Type it again after that.',
  )
  expect(refusalText({ ...refused, why: 'everybody' }, usualThrottle)).toContain('too many at once, from everybody')
})
