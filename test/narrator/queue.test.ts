import { describe, expect, it } from 'vitest'
import type { Fact } from '../../src/domain/event.ts'
import type { Rollout, WaitsFor } from '../../src/domain/rollout.ts'
import { reactionOf, rootMessage } from '../../src/narrator/board.ts'
import { closingMessage } from '../../src/narrator/closing.ts'
import { lineOf } from '../../src/narrator/lines.ts'
import { planOf, rolloutOf } from '../support/rollouts.ts'

/** What the thread of a rollout that waits says, and what its root message looks like meanwhile. */

const ann = { id: 'U1', name: 'ann' }
const turn: WaitsFor = { kind: 'turn', live: 7, ahead: [8, 9] }
const waiting = (waits: WaitsFor): Rollout => ({
  ...rolloutOf(planOf()),
  id: 12,
  requestedBy: { id: 'U0ANN', name: 'ann' },
  phase: 'queued',
  waiting: { for: waits, ask: { kind: 'deploy', batch: null, canary: null, only: null }, force: false },
})
const line = (fact: Fact, rollout = waiting(turn)) => lineOf({ rollout: 12, seq: 1, at: 0, fact }, rollout)
const buttons = (rollout: Rollout) =>
  rootMessage(rollout).sections.flatMap((one) => (one.kind === 'buttons' ? one.buttons.map((it) => it.command) : []))

describe('the thread of a rollout that waits', () => {
  it('says its place, what is ahead, and that it begins by itself', () => {
    const reason = 'place 1 in the queue: rollout 7 is under way there'
    const fact: Fact = { kind: 'queued', by: ann, retryOf: null, hash: 'abc', instances: 3, reason }
    expect(line(fact)).toBe(
      `It waits: ${reason}. Rights, locks and plan abc (3 instances) are checked again when its turn comes; then it begins by itself.`,
    )
    expect(line({ ...fact, retryOf: 4 })).toMatch(/^Takes up rollout 4 again\. It waits: /)
  })

  it('shows the plan that changed, what stands in its way, and what to type', () => {
    const plan = planOf({ hash: 'def' })
    const changed = line({ kind: 'plan-changed', was: 'abc', plan, obstacles: [] })
    expect(changed).toContain(
      'What would be done now is not what was accepted (plan abc) any more. Plan def: 3 instances',
    )
    expect(changed).toContain(
      '`@opsee confirm 12` starts it so, `@opsee abort 12` takes it out. <@U0ANN>, please decide.',
    )
    const obstacles = [{ kind: 'already-down', message: 'api@2 <is> down' }]
    const blocked = line({ kind: 'plan-changed', was: 'abc', plan: planOf(), obstacles })
    expect(blocked).toContain('Stands in the way: api@2 &lt;is&gt; down.')
    expect(blocked).not.toContain('not what was accepted')
  })

  it('asks from the beginning where something failed before it was asked for', () => {
    const reason = 'first in the queue, but rollout 11 failed before it: a person must say yes to that'
    const fact: Fact = { kind: 'queued', by: ann, retryOf: null, hash: 'abc', instances: 3, reason, asks: true }
    expect(line(fact)).toBe(`It waits: ${reason}. \`@opsee confirm 12\` starts it, \`@opsee abort 12\` takes it out.`)
  })

  it.each([
    ['pointless', 'v2 runs on 3 instances already', 'Next: `@opsee status api production` shows what runs.'],
    ['withdrawn', 'bob took it out of the queue', '`@opsee deploy api production` asks for it again.'],
  ] as const)('says why it never began, when it is %s, and that nothing was done', (why, reason, next) => {
    const ending = { kind: 'cancelled', why, by: null, reason } as const
    const over = { ...waiting(turn), phase: 'cancelled' as const, waiting: null, ending, endedAt: 60_000 }
    const ended = line({ kind: 'ended', phase: 'cancelled', reason, journal: [], noJournal: null }, over)
    expect(ended).toContain(`<@U0ANN> api production was cancelled before it began: ${reason}. Nothing was done.\n`)
    expect(ended).toContain(next)
    expect(rootMessage(over).text).toBe(
      `Rollout 12: deploy of api to production was cancelled before it began: ${reason}`,
    )
    expect(buttons(over)).toEqual([])
    expect(reactionOf(over)).toBe('heavy_minus_sign')
    expect(closingMessage(over).text).toBe(
      `api production: deploy by @ann was cancelled before it began: ${reason} (rollout 12)`,
    )
  })

  it('says who said yes, what it waits for, and the plan once it begins', () => {
    expect(line({ kind: 'confirmed', by: ann, hash: 'def' })).toBe('@ann said yes to plan def.')
    expect(line({ kind: 'waits', reason: 'first in the queue, but <locked>' })).toBe(
      'It waits: first in the queue, but &lt;locked&gt;.',
    )
    const begun = line({ kind: 'begun', waitedMs: 185_000 }, rolloutOf(planOf()))
    expect(begun).toContain('It begins, after 3m5s of waiting. Plan abc: 3 instances')
  })
})

describe('the root message of a rollout that waits', () => {
  it('says for what, has an Abort that asks first, and no board of instances', () => {
    const message = rootMessage(waiting(turn))
    expect(message.text).toMatch(
      /^Rollout 12: deploy of api to production waits: place 3 in the queue: rollout 7 is under way there, and rollouts 8 and 9 wait before it$/,
    )
    expect(JSON.stringify(message.sections)).not.toContain('api@1')
    expect(buttons(waiting(turn))).toEqual(['abort 12'])
    expect(reactionOf(waiting(turn))).toBe('hourglass')
  })

  it.each([
    [
      { kind: 'limit', limit: 2, before: [5] },
      'no more than 2 may run at once in production, and rollout 5 of other services comes first',
    ],
    [{ kind: 'hold', reason: 'api is <locked>' }, 'first in the queue, but api is &lt;locked&gt;'],
    [{ kind: 'answer', reason: 'fleet is away' }, 'it cannot be checked yet: fleet is away'],
    [
      { kind: 'yes', hash: 'def', obstacles: [] },
      'its plan changed while it waited: a person must say yes to the new one',
    ],
  ] as const)('names what it waits for: %o', (waits, words) => {
    const before = 'before' in waits ? [...waits.before] : []
    const rollout = waiting(
      waits.kind === 'limit' ? { ...waits, before } : waits.kind === 'yes' ? { ...waits, obstacles: [] } : waits,
    )
    expect(rootMessage(rollout).text).toContain(words)
  })

  it('has a button for the plan that it shows, bound to its hash, when it waits for a yes', () => {
    expect(buttons(waiting({ kind: 'yes', hash: 'def', obstacles: [] }))).toEqual(['confirm 12 --plan def', 'abort 12'])
  })

  it('is followed by a closing line without the time that it waited', () => {
    const ended = {
      ...rolloutOf(planOf()),
      phase: 'succeeded',
      createdAt: 0,
      begunAt: 60_000,
      endedAt: 90_000,
    } as const
    expect(closingMessage(ended).text).toContain('succeeded in 30s')
  })
})
