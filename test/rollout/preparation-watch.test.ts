import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/adapters/system/clock.ts'
import type { Rollout } from '../../src/domain/rollout.ts'
import type { PreparationEnd, PreparationOrder } from '../../src/ports/preparation.ts'
import { PreparationWatch } from '../../src/rollout/preparation-watch.ts'
import { planOf, rolloutOf } from '../support/rollouts.ts'
import { migrate } from './world.ts'

const waiting = rolloutOf(planOf({ preparation: migrate }))
const running = (since: number, driver = 'me:1'): Rollout => ({
  ...waiting,
  preparation: { stage: 'running', driver, since },
})
const done: Rollout = { ...waiting, preparation: { stage: 'done', driver: 'me:1', since: 9 } }
const well: PreparationEnd = { kind: 'exit', code: 0, tookMs: 5.4, output: 'password=hunter22\n', cut: false }

interface Bounds {
  readonly signal: AbortSignal
  readonly mayBegin: () => boolean
}

/** A watch whose runs end when the test says so, or when they are called off. */
function watchWith(lease: { remainingMs: number } = { remainingMs: 5000 }) {
  const runs: { order: PreparationOrder; bounds: Bounds; end: (end: PreparationEnd) => void }[] = []
  const lost = new AbortController()
  const [aborted, cut] = [new AbortController(), new AbortController()]
  const own = {
    id: 1,
    token: '1',
    lease: { id: '1', lost: lost.signal, remainingMs: () => lease.remainingMs, release: async () => undefined },
  }
  const watch = new PreparationWatch(own, {
    preparations: {
      run: (order, bounds) =>
        new Promise((end) => {
          runs.push({ order, bounds, end })
          const ended: PreparationEnd = { kind: 'ended', dead: true, tookMs: 1, output: '', cut: false }
          bounds.signal.addEventListener('abort', () => end(ended))
        }),
    },
    redact: (text) => text.replaceAll('hunter22', '‹secret›'),
    clock: systemClock,
  })
  const follow = (rollout: Rollout): void => watch.follow(rollout, { aborted: aborted.signal, cut: cut.signal })
  return { watch, runs, follow, lost, aborted, cut }
}

const soon = (): Promise<void> => systemClock.sleep(0)

describe('The preparation that a driver runs', () => {
  it('is started once it is stored, once however often it is read, and told until that is stored', async () => {
    const { watch, runs, follow } = watchWith()
    watch.intend(waiting, running(7))
    expect([runs.length, watch.seen]).toEqual([0, null])
    follow(running(7))
    follow(running(7))
    await soon()
    expect(runs.map(({ order }) => order)).toEqual([
      { service: 'api', tier: 'production', rollout: 1, preparation: migrate, release: null },
    ])
    expect([watch.running, watch.pending]).toEqual([true, true])
    runs[0]?.end(well)
    await watch.wait(60_000, new AbortController().signal)
    const output = { lines: ['password=‹secret›'], cut: false }
    expect(watch.seen).toEqual({ kind: 'done', tookMs: 5, output })
    follow(running(7))
    follow(done)
    await soon()
    expect([runs.length, watch.seen, watch.pending]).toEqual([1, null, false])
  })

  it('is started where the store did not answer, but had taken what was written first', async () => {
    const { watch, runs, follow } = watchWith()
    watch.intend(waiting, running(7))
    watch.intend(waiting, running(8))
    follow(running(7))
    await soon()
    expect(runs).toHaveLength(1)
  })

  it.each([
    ['another driver', running(7, 'other:1')],
    ['an earlier run of the same', running(6)],
  ])('is none that %s began', async (_, stored) => {
    const { watch, runs, follow } = watchWith()
    follow(stored)
    watch.intend(waiting, running(7))
    follow(stored)
    await soon()
    expect([runs.length, watch.seen]).toEqual([0, null])
  })

  it('waits until the lease is surely held, and may not begin once it is lost', async () => {
    const lease = { remainingMs: 500 }
    const { watch, runs, follow, lost } = watchWith(lease)
    watch.intend(waiting, running(7))
    follow(running(7))
    await systemClock.sleep(120)
    expect(runs).toHaveLength(0)
    lease.remainingMs = 5000
    while (runs.length === 0) await systemClock.sleep(10)
    expect(runs[0]?.bounds.mayBegin()).toBe(true)
    lost.abort()
    expect(runs[0]?.bounds.mayBegin()).toBe(false)
  })

  it.each([
    ['an abort', 'abort'],
    ['what cuts off a driver', 'stop'],
  ] as const)('is ended by %s, and says so', async (_, by) => {
    const { watch, runs, follow, aborted, cut } = watchWith()
    watch.intend(waiting, running(7))
    follow(running(7))
    await soon()
    expect(runs).toHaveLength(1)
    if (by === 'abort') aborted.abort()
    else cut.abort()
    await watch.end()
    expect(watch.seen).toMatchObject({ kind: 'failed', fault: { kind: 'ended', by, dead: true } })
  })

  it('is ended with its driver, which waits for that', async () => {
    const { watch, runs, follow } = watchWith()
    watch.intend(waiting, running(7))
    follow(running(7))
    await soon()
    await watch.end()
    expect(runs[0]?.bounds.signal.aborted).toBe(true)
    expect(watch.running).toBe(false)
  })
})
