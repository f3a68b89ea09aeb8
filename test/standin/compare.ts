import type { History } from './history.ts'
import type { Outcome } from './lab.ts'
import { listingOf, rowsAt, rowsOf } from './tables.ts'
import type { Call } from './transcript.ts'

/** What differs between machines, runs and days, made equal. */
function normalise(text: string): string {
  return text
    .replaceAll(/\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d/g, 'DATE TIME')
    .replaceAll(/[123]ce50000\.\.\.\/[\d.]{10}/g, 'M')
    .replaceAll(/ on [^ ]+:53: no such host/g, ': no such host')
    .replaceAll(/read tcp [\d.]+:\d+->/g, 'read tcp SELF->')
}

/**
 * How a call of the stand-in differs from the recorded one, or null. A list is right as well when each of its rows was
 * held by the registry at some moment since `from`, or comes to be: sequences are compared, not times.
 */
export async function difference(
  call: Call,
  outcome: Outcome,
  around: { readonly history: History; readonly from: number; readonly graceMs: number },
): Promise<string | null> {
  const stdout = lines(call, call.stdout)
  const got = lines(call, outcome.stdout)
  const streams = sameStreams(call, outcome)
  if (streams === null && stdout === got) return null
  const listing = listingOf(call.argv)
  if (listing !== null && call.rc === 0 && outcome.rc === 0 && call.stderr === outcome.stderr) {
    const until = Date.now() + around.graceMs
    for (;;) {
      const held = around.history.since(around.from).map((snapshot) => rowsAt(listing, snapshot))
      const missing = neverHeld(rowsOf(listing, call.stdout), held)
      if (missing === null) return null
      if (Date.now() > until)
        return `${missing}\nsaid\n${outcome.stdout}\nheld\n${held.map((rows) => rows.join('\n')).join('\n--\n')}`
      await new Promise((resolve) => {
        setTimeout(resolve, 20)
      })
    }
  }
  if (streams !== null) return streams
  return `stdout was\n${JSON.stringify(got)}\nwanted\n${JSON.stringify(stdout)}`
}

/**
 * What of a recorded list never was so: a row that was not there at any of the moments, or a row that was there at all of
 * them and is not in the list. Units change each in their own time, so each row is looked for on its own.
 */
function neverHeld(wanted: readonly string[], held: readonly (readonly string[])[]): string | null {
  const never = wanted.find((row) => !held.some((rows) => rows.includes(row)))
  if (never !== undefined) return `never had the row ${never}`
  const always = held[0]?.find((row) => !wanted.includes(row) && held.every((rows) => rows.includes(row)))
  return always === undefined ? null : `always had the row ${always}`
}

function sameStreams(call: Call, outcome: Outcome): string | null {
  if (isRace(call, outcome)) return null
  const [wanted, got] = [normalise(call.stderr), normalise(outcome.stderr)]
  if (call.rc === outcome.rc && wanted === got) return null
  return `exit ${String(outcome.rc)}, wanted ${String(call.rc)}; stderr was\n${JSON.stringify(got)}\nwanted\n${JSON.stringify(wanted)}`
}

/**
 * A start of a unit that needs a second before it is up, or is up for a moment only, returns 0 or 1 by luck, in the recording too: two seconds
 * decide, and reports come once a second.
 */
function isRace(call: Call, outcome: Outcome): boolean {
  const lost = /Failed to find an active unit (api@\d|exit0)\.service/
  if (!call.argv.includes('start')) return false
  const [a, b] = [lost.test(call.stderr), lost.test(outcome.stderr)]
  return (a || b) && (a || call.rc === 0) && (b || outcome.rc === 0)
}

/** Which unit is reported first, and whether its machine is named, is luck in fleetctl. */
function lines(call: Call, text: string): string {
  const normal = normalise(text)
  if (!call.argv.some((arg) => ['start', 'stop', 'load', 'restart', 'unload'].includes(arg))) return normal
  return normal
    .split('\n')
    .map((line) => line.replace(/^(Unit \S+ (launched|loaded)) on M$/, '$1'))
    .sort()
    .join('\n')
}
