import { systemClock } from '../../src/adapters/system/clock.ts'
import type { CallResult, SchedulerReader, SchedulerWriter, UnitView } from '../../src/ports/scheduler.ts'

export interface Made {
  readonly by: string
  readonly verb: 'stop' | 'start'
  readonly unit: string
  /** The signal that calls it off came while it was under way. */
  readonly killed: boolean
}

/** A fleet in memory that any number of processes reach: what is asked of it takes a while, and is so after another while. */
export class SmallFleet {
  readonly made: Made[] = []
  /** Awaited by each call before anything comes of it. */
  onCall: (verb: 'stop' | 'start', unit: string) => Promise<void> = async () => undefined
  readonly #units = new Map<string, { wanted: boolean; since: number }>()
  readonly #callMs: number

  constructor(units: readonly string[], callMs: number) {
    for (const unit of units) this.#units.set(unit, { wanted: true, since: performance.now() - 60_000 })
    this.#callMs = callMs
  }

  /** As one process reaches it. */
  for(by: string): SchedulerReader & SchedulerWriter {
    return {
      callTimeoutMs: 3000,
      observe: async (_timeoutMs, signal) => {
        await systemClock.sleep(50, signal)
        return this.#view()
      },
      journal: async () => ({ kind: 'none', reason: 'it has none' }),
      stop: (unit, signal) => this.#call('stop', unit, by, signal),
      start: (unit, signal) => this.#call('start', unit, by, signal),
      destroy: async () => ({ kind: 'failed', message: 'it forgets nothing' }),
    }
  }

  async #call(verb: 'stop' | 'start', unit: string, by: string, signal: AbortSignal): Promise<CallResult> {
    await this.onCall(verb, unit)
    await systemClock.sleep(this.#callMs, signal)
    this.made.push({ by, verb, unit, killed: signal.aborted })
    if (signal.aborted) return { kind: 'killed', message: 'called off' }
    const one = this.#units.get(unit)
    const wanted = verb === 'start'
    if (one !== undefined && one.wanted !== wanted) this.#units.set(unit, { wanted, since: performance.now() + 100 })
    return { kind: 'asked' }
  }

  #view() {
    const at = performance.now()
    const units = [...this.#units].map(([unit, { wanted, since }]): [string, UnitView] => {
      const settled = at >= since
      const runs = settled === wanted
      const report = { machine: 'm1', ip: '127.0.0.1', load: 'loaded', hash: 'h' }
      return [
        unit,
        {
          unit,
          wanted: wanted ? 'launched' : 'loaded',
          believed: runs ? 'launched' : 'loaded',
          hash: 'h',
          target: 'm1',
          global: false,
          reports: [{ ...report, active: runs ? 'active' : 'inactive', sub: runs ? 'running' : 'dead' }],
          sameFor: { views: settled ? 9 : 1, since },
          wantedFor: 9,
          flaps: 0,
        },
      ]
    })
    const machines = new Map([['m1', { id: 'm1', ip: '127.0.0.1', metadata: {} }]])
    return { kind: 'known', startedAt: at, endedAt: at, machines, units: new Map(units), templates: new Map() } as const
  }
}
