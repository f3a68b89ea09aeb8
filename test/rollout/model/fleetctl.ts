import { createPoller } from '../../../src/adapters/fleet/poller.ts'
import type { FleetReading } from '../../../src/adapters/fleet/read-fleet.ts'
import type { CallResult, ClusterView, SchedulerReader, SchedulerWriter } from '../../../src/ports/scheduler.ts'
import type { ModelFleet, Verb } from './fleet.ts'
import type { ModelProcess } from './process.ts'
import type { Timeline } from './timeline.ts'

/** `idle`: nothing is done and all is said to be well. `lie`: it is done, and said to have failed. `hang`: no answer comes. */
export type Manner = 'well' | 'idle' | 'lie' | 'hang'

/** One run of fleetctl that would change something. */
export interface ModelCall {
  readonly by: ModelProcess
  readonly verb: Verb
  readonly unit: string
  /** What its process saw last. */
  readonly view: ClusterView | null
}

export interface FleetctlParts {
  readonly timeline: Timeline
  readonly process: ModelProcess
  readonly fleet: ModelFleet
  readonly manners: Readonly<Record<Verb, Manner>>
  readonly random: () => number
  readonly told: {
    began(call: ModelCall): void
    /** Fleet heard it. `waited`: who made it has had no answer yet. */
    landed(call: ModelCall, waited: boolean): void
    over(call: ModelCall): void
  }
}

const pollMs = 500
const callTimeoutMs = 3000
/** A call that is killed may be on its way: fleet hears it so much later at the most. */
const afterKillMs = 200

/** The scheduler port of one process, over a model of fleet: the real poller, and calls that are processes of their own. */
export function createFleetctl(parts: FleetctlParts): SchedulerReader & SchedulerWriter {
  const { timeline, process, fleet, manners, random, told } = parts
  let last: ClusterView | null = null

  const read = (): Promise<FleetReading> =>
    new Promise((resolve) => {
      timeline.after(20 + random() * 150, () => {
        const reading: FleetReading = fleet.silent ? { kind: 'unknown', reason: 'fleet does not answer' } : fleet.seen()
        timeline.after(10 + random() * 150, () => process.deliver(() => resolve(reading)))
      })
    })
  const poller = createPoller(read, process, pollMs)

  const call = (verb: Verb, unit: string, signal: AbortSignal): Promise<CallResult> =>
    new Promise((resolve) => {
      const made: ModelCall = { by: process, verb, unit, view: last }
      const manner = manners[verb]
      let over = false
      const land = (): void => {
        told.landed(made, !over)
        fleet.take(verb, unit)
      }
      const end = (result: CallResult): void => {
        if (over) return
        over = true
        callOffTimeout()
        signal.removeEventListener('abort', kill)
        told.over(made)
        resolve(result)
      }
      const kill = (): void => {
        if (manner !== 'idle' && random() < 0.5) timeline.after(random() * afterKillMs, () => landing?.())
        else landing = null
        end({ kind: 'killed', message: `fleetctl ${verb} ${unit} was killed` })
      }
      let landing: (() => void) | null = () => {
        landing = null
        land()
      }
      told.began(made)
      const lasts = manner === 'hang' ? Infinity : 20 + random() * 600
      if (manner === 'hang') {
        if (random() < 0.7) timeline.after(random() * callTimeoutMs, () => landing?.())
      } else {
        if (manner !== 'idle') timeline.after(lasts * random(), () => landing?.())
        timeline.after(lasts, () =>
          process.deliver(() =>
            end(
              manner === 'lie'
                ? { kind: 'failed', message: `fleetctl ${verb} ${unit} exited with 1` }
                : { kind: 'asked' },
            ),
          ),
        )
      }
      const callOffTimeout = timeline.after(callTimeoutMs, () => process.deliver(kill))
      if (signal.aborted) kill()
      else signal.addEventListener('abort', kill, { once: true })
    })

  return {
    callTimeoutMs,
    async observe(timeoutMs, signal) {
      last = await poller.observe(timeoutMs, signal)
      return last
    },
    journal: async () => ({ kind: 'none', reason: 'there is no ssh' }),
    stop: (unit, signal) => call('stop', unit, signal),
    start: (unit, signal) => call('start', unit, signal),
    destroy: (unit, signal) => call('destroy', unit, signal),
  }
}
