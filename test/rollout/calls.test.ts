import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/adapters/system/clock.ts'
import type { CallResult, SchedulerWriter } from '../../src/ports/scheduler.ts'
import { Calls } from '../../src/rollout/calls.ts'
import type { UnitCall } from '../../src/rollout/draft.ts'
import { quietLog } from '../support/quiet-log.ts'
import { nothingWanted } from '../support/releases.ts'

/** The calls of one step, over a scheduler whose answers come when the test says so. */

class Stage {
  readonly begun: string[] = []
  remainingMs = 60_000
  readonly #ends = new Map<string, (result: CallResult) => void>()
  readonly calls: Calls

  constructor() {
    const take = (verb: string) => (unit: string, signal: AbortSignal) =>
      new Promise<CallResult>((resolve) => {
        const said = `${verb} ${unit}`
        this.begun.push(said)
        this.#ends.set(said, resolve)
        signal.addEventListener('abort', () => resolve({ kind: 'killed', message: `${said} was killed` }))
      })
    const scheduler: SchedulerWriter = {
      callTimeoutMs: 1000,
      stop: take('stop'),
      start: take('start'),
      destroy: take('destroy'),
    }
    const lease = {
      id: '1',
      lost: new AbortController().signal,
      remainingMs: () => this.remainingMs,
      release: async () => undefined,
    }
    this.calls = new Calls(
      { id: 1, lease, token: '1' },
      { scheduler, wanted: nothingWanted, clock: systemClock, log: quietLog() },
    )
  }

  async end(said: string, result: CallResult = { kind: 'asked' }): Promise<void> {
    this.#ends.get(said)?.(result)
    await turns()
  }

  async endAll(): Promise<void> {
    for (let before = -1; before < this.begun.length;) {
      before = this.begun.length
      for (const said of this.begun) await this.end(said)
    }
  }
}

/** Whatever waits for nothing outside has gone on by then. */
const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const stops = (count: number): UnitCall[] =>
  Array.from({ length: count }, (_, index) => ({ verb: 'stop', unit: `api@${index + 1}.service` }))
const yes = async (): Promise<boolean> => true

function signals(): { halt: AbortSignal; calledOff: AbortSignal; stop: AbortController; kill: AbortController } {
  const [stop, kill] = [new AbortController(), new AbortController()]
  return { halt: stop.signal, calledOff: kill.signal, stop, kill }
}

describe('the calls of one step', () => {
  it('are made four at once, and the next one when one has ended', async () => {
    const stage = new Stage()
    const made = stage.calls.makeAll(stops(6), signals(), yes)
    await turns()
    expect(stage.begun).toHaveLength(4)
    await stage.end('stop api@3.service')
    expect(stage.begun.slice(4)).toEqual(['stop api@5.service'])
    await stage.endAll()
    await made
    expect(new Set(stage.begun)).toEqual(new Set(stops(6).map(({ unit }) => `stop ${unit}`)))
    expect(stage.begun).toHaveLength(6)
  })

  it('for the same unit are made one after the other', async () => {
    const stage = new Stage()
    const unit = 'api@1.service'
    const calls: UnitCall[] = [
      { verb: 'start', unit },
      { verb: 'stop', unit },
    ]
    const made = stage.calls.makeAll(calls, signals(), yes)
    await turns()
    expect(stage.begun).toEqual([`start ${unit}`])
    await stage.end(`start ${unit}`)
    expect(stage.begun).toEqual([`start ${unit}`, `stop ${unit}`])
    await stage.endAll()
    await made
  })

  it('take nothing more away once somebody said no, and end with those that were under way', async () => {
    const stage = new Stage()
    let asked = 0
    let over = false
    const made = stage.calls
      .makeAll([...stops(5), { verb: 'start', unit: 'web.service' }], signals(), async () => ++asked <= 4)
      .then(() => (over = true))
    await turns()
    await stage.end('stop api@1.service')
    await stage.end('stop api@2.service')
    expect(stage.begun).toEqual(stops(4).map(({ unit }) => `stop ${unit}`))
    expect(over).toBe(false)
    await stage.endAll()
    await made
    expect(stage.begun).toHaveLength(4)
  })

  it('throw what the question threw, when all that were under way have ended', async () => {
    const stage = new Stage()
    let asked = 0
    const question = async (): Promise<boolean> => {
      if (++asked > 4) throw new Error('the store is away')
      return true
    }
    let how = 'under way'
    const made = stage.calls.makeAll(stops(6), signals(), question).catch((error: Error) => (how = error.message))
    await turns()
    await stage.end('stop api@1.service')
    expect(how).toBe('under way')
    expect(stage.begun).toHaveLength(4)
    await stage.endAll()
    await made
    expect(how).toBe('the store is away')
    expect(stage.begun).toHaveLength(4)
  })

  it('are all killed when they are called off, and none is begun once it is told to halt', async () => {
    const stage = new Stage()
    const given = signals()
    const made = stage.calls.makeAll(stops(6), given, yes)
    await turns()
    given.stop.abort()
    given.kill.abort()
    await made
    expect(stage.begun).toHaveLength(4)
    expect([...stage.calls.refusals.keys()]).toEqual(stops(4).map(({ unit }) => unit))
  })

  it('wait while the lease may not outlive them', async () => {
    const stage = new Stage()
    stage.remainingMs = 1500
    const given = signals()
    const made = stage.calls.makeAll(stops(2), given, yes)
    await systemClock.sleep(200)
    expect(stage.begun).toEqual([])
    given.stop.abort()
    await made
    expect(stage.begun).toEqual([])
  })
})
