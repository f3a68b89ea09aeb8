import type { JournalReading } from '../../ports/scheduler.ts'
import type { Endpoints } from './endpoints.ts'
import { isHelp, type Fleetctl } from './fleetctl.ts'
import { isUnitName } from './parse.ts'
import { firstLine } from './words.ts'

const maxLines = 1000
/** What journalctl says beside the lines, depending on its age. */
const remark = /^-- (?:Logs begin|Journal begins|No entries)/

/**
 * The last lines of a unit's journal, which fleetctl fetches by ssh from the unit's machine: it needs an agent and a
 * known host, and there is none for global units (ssh-commands). Never rejects.
 */
export async function readJournal(
  parts: { readonly fleetctl: Fleetctl; readonly endpoints: Endpoints; readonly timeLimitMs: number },
  unit: string,
  lines: number,
  now: number,
  signal: AbortSignal,
): Promise<JournalReading> {
  const none = (reason: string): JournalReading => ({ kind: 'none', reason })
  if (!isUnitName(unit)) return none(`${JSON.stringify(unit)} is not the name of one unit`)
  const endpoint = parts.endpoints.order(now)[0] ?? null
  const wanted = Math.min(maxLines, Math.max(1, Math.trunc(lines)))
  const args = ['journal', '--lines', String(wanted), unit]
  const ran = await parts.fleetctl(endpoint, args, { timeLimitMs: parts.timeLimitMs, signal })
  if (ran.kind === 'not-runnable') return none(ran.message)
  if (ran.kind === 'killed') return none(`fleetctl journal was ${ran.why}`)
  if (ran.rc !== 0) return none(`fleetctl journal exited ${ran.rc}: ${firstLine(ran.stderr) ?? 'no message'}`)
  if (isHelp(ran.stdout)) return none('fleetctl journal printed its help')
  const printed = ran.stdout.split('\n').filter((line) => line !== '' && !remark.test(line))
  return { kind: 'lines', lines: printed.slice(-wanted) }
}
