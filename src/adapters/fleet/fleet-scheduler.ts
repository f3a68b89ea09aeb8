import { setMaxListeners } from 'node:events'
import type { Clock } from '../../ports/clock.ts'
import type { SchedulerReader, SchedulerWriter } from '../../ports/scheduler.ts'
import { ask } from './ask.ts'
import { checkFleet, type FleetCheck } from './check-fleet.ts'
import { createEndpoints } from './endpoints.ts'
import { createFleetctl } from './fleetctl.ts'
import { glance } from './glance.ts'
import type { Verb } from './judge.ts'
import { readJournal } from './journal.ts'
import { linkedAbort } from './linked-abort.ts'
import { endpointLabel, type FleetOptions } from './options.ts'
import { createPlaceUnits } from './place-units.ts'
import { createPoller } from './poller.ts'
import { readFleet } from './read-fleet.ts'

export interface FleetScheduler extends SchedulerReader, SchedulerWriter {
  /** For the check of a configuration: the binary, each endpoint, and what is missing, in words. Never rejects. */
  checkFleet(): Promise<FleetCheck>
  /** Kills the calls under way and answers all who wait. */
  close(): Promise<void>
}

/** A poll waits this long for a unit file, in milliseconds; without the file it does without it. */
const unitFileTimeoutMs = 2000

/** Part of a pino logger. */
export interface FleetLog {
  debug(fields: object, message: string): void
}

/** The fleet of one tier. Runs nothing until it is asked something. */
export function createFleetScheduler(options: FleetOptions, clock: Clock, log?: FleetLog): FleetScheduler {
  const callTimeoutMs = options.callTimeoutMs ?? 5_000
  const listTimeoutMs = options.listTimeoutMs ?? 10_000
  const journalTimeoutMs = options.journalTimeoutMs ?? 8_000
  const closing = new AbortController()
  // Every call under way listens, and there may be many.
  setMaxListeners(0, closing.signal)
  const fleetctl = createFleetctl(options, clock)
  const endpoints = createEndpoints(options.endpoints)
  const label = (endpoint: string | null): string => endpointLabel(options, endpoint)

  const placeUnits = createPlaceUnits(fleetctl, () => clock.monotonic(), unitFileTimeoutMs)
  const poller = createPoller(
    async (signal, progress) => {
      const reading = await readFleet({ fleetctl, endpoints, label, listTimeoutMs, clock }, signal, progress)
      if (reading.kind === 'unknown') return reading
      const [endpoint = null] = endpoints.order(clock.monotonic())
      return { ...reading, ...(await placeUnits(reading, endpoint, signal)) }
    },
    clock,
    options.pollMs ?? 500,
    ({ timeLimitMs, signal }) =>
      glance(
        { fleetctl, endpoints, now: clock.monotonic() },
        { timeLimitMs: Math.min(listTimeoutMs, timeLimitMs), signal },
      ),
  )

  const call = async (verb: Verb, unit: string, signal: AbortSignal) => {
    const parts = { fleetctl, endpoints, label, clock, timeLimitMs: callTimeoutMs }
    const began = clock.monotonic()
    const either = linkedAbort(signal, closing.signal)
    poller.asked()
    const result = await ask(parts, verb, unit, either.signal).finally(() => poller.asked())
    either.unlink()
    log?.debug({ verb, unit, result, ms: Math.round(clock.monotonic() - began) }, 'fleetctl')
    return result
  }

  return {
    callTimeoutMs,
    observe: (timeoutMs, signal, recent) => poller.observe(timeoutMs, signal, recent),
    stop: (unit, signal) => call('stop', unit, signal),
    start: (unit, signal) => call('start', unit, signal),
    destroy: (unit, signal) => call('destroy', unit, signal),
    journal(unit, lines) {
      const parts = { fleetctl, endpoints, timeLimitMs: journalTimeoutMs }
      return readJournal(parts, unit, lines, clock.monotonic(), closing.signal)
    },
    checkFleet: () => checkFleet(options, fleetctl, listTimeoutMs, closing.signal),
    async close() {
      closing.abort()
      await poller.close()
    },
  }
}
