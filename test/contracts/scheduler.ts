import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  isForgotten,
  type ClusterView,
  type SchedulerReader,
  type SchedulerWriter,
  type UnitView,
} from '../../src/ports/scheduler.ts'
import { startStopwatch } from '../support/stopwatch.ts'

type Scheduler = SchedulerReader & SchedulerWriter
type Known = Extract<ClusterView, { kind: 'known' }>

/** What an adapter brings to be tested: a real cluster that is already up. */
export interface SchedulerSubject {
  readonly scheduler: Scheduler
  /** The same kind of scheduler, whose cluster does not answer. */
  readonly unreachable: Scheduler
  /** Two units that run, and that may be stopped and started. */
  readonly running: readonly [string, string]
  /** The template that they were made from. */
  readonly template: string
  readonly machines: number
  /** Milliseconds in which any change is seen. */
  readonly patienceMs: number
  close(): Promise<void>
}

/** The promises of `ports/scheduler.ts`, which every adapter keeps on the real thing. */
export function schedulerContract(name: string, make: () => Promise<SchedulerSubject>): void {
  describe(`${name} keeps the promises of a scheduler`, () => {
    let subject: SchedulerSubject
    beforeAll(async () => {
      subject = await make()
    })
    afterAll(async () => {
      await subject.close()
    })

    const never = new AbortController().signal
    async function look(): Promise<Known> {
      const view = await subject.scheduler.observe(subject.patienceMs)
      if (view.kind === 'unknown') throw new Error(view.reason)
      return view
    }
    async function until(unit: string, is: (view: UnitView) => boolean): Promise<Known> {
      const deadline = performance.now() + subject.patienceMs
      for (;;) {
        const view = await look()
        const seen = view.units.get(unit)
        if (seen !== undefined && is(seen)) return view
        if (performance.now() > deadline) throw new Error(`${unit} is still ${JSON.stringify(seen)}`)
      }
    }
    const states = (unit: UnitView): string[] => unit.reports.map(({ active, sub }) => `${active}/${sub}`)
    const runs = (unit: UnitView): boolean => states(unit).join() === 'active/running'
    const stopped = (unit: UnitView): boolean => ['inactive/dead', 'failed/failed'].includes(states(unit).join())

    it('shows machines with their addresses, the units on them, and templates apart', async () => {
      const view = await look()
      expect(view.machines.size).toBe(subject.machines)
      for (const [id, machine] of view.machines) {
        expect(machine.id).toBe(id)
        expect(machine.ip).toMatch(/\d/)
      }
      for (const name of subject.running) {
        const unit = view.units.get(name)
        if (unit === undefined) throw new Error(`${name} is missing`)
        expect(unit).toMatchObject({ unit: name, wanted: 'launched', global: false, flaps: 0 })
        expect(states(unit)).toEqual(['active/running'])
        const [report] = unit.reports
        expect(report?.machine).toBe(unit.target)
        expect(report?.ip).toBe(view.machines.get(unit.target ?? '')?.ip)
        expect(report?.hash).toBe(unit.hash)
        expect(view.templates.get(subject.template)).toBe(unit.hash)
      }
      expect(view.units.has(subject.template)).toBe(false)
    })

    it('observes only what began after it was asked, and counts equal looks in a row', async () => {
      const first = await look()
      const second = await look()
      expect(second.startedAt).toBeGreaterThanOrEqual(first.endedAt)
      expect(second.endedAt).toBeGreaterThan(second.startedAt)
      const [name] = subject.running
      const before = first.units.get(name)?.sameFor
      const after = second.units.get(name)?.sameFor
      expect(after?.views).toBe((before?.views ?? 0) + 1)
      expect(after?.since).toBe(before?.since)
    })

    it('serves many readers by the same look', async () => {
      const looks = await Promise.all(Array.from({ length: 30 }, look))
      expect(new Set(looks.map(({ startedAt }) => startedAt)).size).toBeLessThanOrEqual(2)
    })

    it('stops one unit and leaves the others; asked once more, it says "asked" again', async () => {
      const [one, other] = subject.running
      expect(await subject.scheduler.stop(one, never)).toEqual({ kind: 'asked' })
      const down = await until(one, stopped)
      expect(down.units.get(one)).toMatchObject({ wanted: 'loaded' })
      expect(states(down.units.get(other) ?? fail(other))).toEqual(['active/running'])
      expect(await subject.scheduler.stop(one, never)).toEqual({ kind: 'asked' })
      await until(one, (unit) => stopped(unit) && unit.sameFor.views >= 2)
    })

    it('starts it again, and a start of what is wanted already changes nothing', async () => {
      const [one] = subject.running
      expect(await subject.scheduler.start(one, never)).toEqual({ kind: 'asked' })
      const up = await until(one, (unit) => runs(unit) && unit.wanted === 'launched')
      expect(await subject.scheduler.start(one, never)).toEqual({ kind: 'asked' })
      const later = await look()
      expect(later.units.get(one)?.sameFor.since).toBe(up.units.get(one)?.sameFor.since)
    })

    it('says in a sentence that a unit is not known, and that a name is no name', async () => {
      for (const name of ['no-such-unit-at-all.service', '--help', 'api@*.service', '']) {
        for (const verb of ['stop', 'start', 'destroy'] as const) {
          const result = await subject.scheduler[verb](name, never)
          // There is nothing to be destroyed of a unit that is not there.
          const done = verb === 'destroy' && name.startsWith('no-such')
          expect(result.kind).toBe(done ? 'asked' : 'failed')
          if (done) continue
          expect(result.kind === 'asked' ? '' : result.message).toMatch(/\w+ \w+ \w+/)
        }
      }
    })

    it('destroys one unit until nobody wants or reports it, and a start makes it anew', async () => {
      const [one, other] = subject.running
      expect(await subject.scheduler.destroy(one, never)).toEqual({ kind: 'asked' })
      const gone = await until(one, (unit) => isForgotten(unit))
      expect(states(gone.units.get(other) ?? fail(other))).toEqual(['active/running'])
      expect(await subject.scheduler.destroy(one, never)).toEqual({ kind: 'asked' })
      expect(await subject.scheduler.start(one, never)).toEqual({ kind: 'asked' })
      await until(one, (unit) => runs(unit) && unit.wanted === 'launched')
    })

    it('has no journal of a unit that is not there', async () => {
      const none = await subject.scheduler.journal('no-such-unit-at-all.service', 5)
      expect(none).toEqual({ kind: 'none', reason: expect.stringMatching(/\w+ \w+/) })
    })

    it('gives a look up in time, or at once when it is called off, and never rejects', async () => {
      const elapsed = startStopwatch()
      const late = await subject.unreachable.observe(400)
      expect(elapsed()).toBeLessThan(5_000)
      expect(late.kind).toBe('unknown')
      expect(late.kind === 'unknown' ? late.reason : '').toMatch(/did not answer within 0\.4 s/)
      const off = await subject.unreachable.observe(60_000, AbortSignal.timeout(100))
      expect(off.kind).toBe('unknown')
      expect((await subject.scheduler.observe(60_000, AbortSignal.abort())).kind).toBe('unknown')
    })

    it('gives a call up after `callTimeoutMs`, or at once when it is called off', async () => {
      const { unreachable, running } = subject
      for (const signal of [never, AbortSignal.timeout(200), AbortSignal.abort()]) {
        const elapsed = startStopwatch()
        const result = await unreachable.stop(running[0], signal)
        expect(['failed', 'killed']).toContain(result.kind)
        expect(elapsed()).toBeLessThan(unreachable.callTimeoutMs + 2_000)
      }
      expect((await unreachable.journal(running[0], 5)).kind).toBe('none')
    })
  })
}

function fail(unit: string): never {
  throw new Error(`${unit} is missing`)
}
