import { listOf, reportsDigest } from './glance.ts'
import { linkedAbort } from './linked-abort.ts'
import type { FleetctlResult } from './fleetctl-call.ts'
import { type Fleetctl, isHelp } from './fleetctl.ts'
import {
  machineFields,
  parseMachines,
  parseUnitFiles,
  parseUnits,
  unitFields,
  unitFileFields,
  type Parsed,
} from './parse.ts'
import type { Lists } from './view.ts'
import { firstLine } from './words.ts'

export type ListsReading =
  /** `reports` is the digest of what `list-units` printed. */
  | { readonly kind: 'lists'; readonly lists: Lists; readonly reports: string }
  /** No complete answer. `anywhere` is true when another endpoint would not help: fleetctl itself cannot be run. */
  | { readonly kind: 'failed'; readonly reason: string; readonly anywhere: boolean }

/** Reads the three lists from one endpoint, side by side; the first that fails ends the others. Never rejects. */
export async function readLists(
  fleetctl: Fleetctl,
  endpoint: string | null,
  limit: { readonly timeLimitMs: number; readonly signal: AbortSignal },
): Promise<ListsReading> {
  const all = linkedAbort(limit.signal)
  let failure: Extract<ListsReading, { kind: 'failed' }> | null = null
  let reports = ''
  const read = async <Row>(verb: string, fields: string, parse: (text: string) => Parsed<Row>) => {
    const args = listOf(verb, fields)
    const answer = rowsOf(
      verb,
      await fleetctl(endpoint, args, { timeLimitMs: limit.timeLimitMs, signal: all.signal }),
      parse,
    )
    if (answer.kind === 'rows') return answer.rows
    failure ??= answer
    all.abort()
    return null
  }
  const [machines, files, rows] = await Promise.all([
    read('list-machines', machineFields, parseMachines),
    read('list-unit-files', unitFileFields, parseUnitFiles),
    read('list-units', unitFields, (text) => {
      reports = reportsDigest(text)
      return parseUnits(text)
    }),
  ])
  all.unlink()
  if (machines !== null && files !== null && rows !== null) {
    return { kind: 'lists', lists: { machines, files, rows }, reports }
  }
  return failure ?? { kind: 'failed', reason: 'no answer', anywhere: false }
}

function rowsOf<Row>(
  verb: string,
  result: FleetctlResult,
  parse: (text: string) => Parsed<Row>,
): { readonly kind: 'rows'; readonly rows: readonly Row[] } | Extract<ListsReading, { kind: 'failed' }> {
  const failed = (reason: string, anywhere = false) => ({ kind: 'failed' as const, reason, anywhere })
  if (result.kind === 'not-runnable') return failed(result.message, true)
  if (result.kind === 'killed') return failed(`${verb} was ${result.why}`)
  if (result.rc !== 0) return failed(`${verb} exited ${result.rc}: ${firstLine(result.stderr) ?? 'no message'}`)
  if (isHelp(result.stdout)) return failed(`${verb} printed its help: this fleetctl does not know its flags`, true)
  const parsed = parse(result.stdout)
  if (parsed.kind === 'rows') return parsed
  return failed(`${verb} printed a line that ${parsed.reason}: ${parsed.line}`)
}
