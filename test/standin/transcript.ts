import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** A call of the real fleetctl: what it was given, what it said, and when it began and how long it took, in ms. */
export interface Call {
  readonly kind: 'call'
  readonly step: number
  readonly at: number
  readonly tookMs: number
  readonly argv: readonly string[]
  /** Null: it was still running when its time limit came, and was killed. */
  readonly rc: number | null
  readonly stdout: string
  readonly stderr: string
  readonly note: string
  readonly cwdFiles: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number | null
}

/** What was done to the real lab, or seen on its hosts. */
interface Happening {
  readonly kind: 'happening'
  readonly step: number
  readonly at: number
  readonly text: string
}

export type Entry = Call | Happening

const Line = z.strictObject({
  scenario: z.string(),
  step: z.number(),
  t_ms: z.number(),
  event: z.string().optional(),
  argv: z.array(z.string()).optional(),
  rc: z.number().nullable().optional(),
  stdout: z.string().optional(),
  stderr: z.string().optional(),
  ms: z.number().optional(),
  note: z.string().optional(),
  cwd_files: z.record(z.string(), z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  timeout_s: z.number().optional(),
})

/** The recorded scenarios by name, each in the order in which things began. */
export function readTranscripts(): Map<string, Entry[]> {
  const scenarios = new Map<string, Entry[]>()
  const text = readFileSync(new URL('transcripts.jsonl', import.meta.url), 'utf8')
  for (const line of text.split('\n')) {
    if (line === '') continue
    const parsed = Line.parse(JSON.parse(line))
    const entries = scenarios.get(parsed.scenario) ?? []
    entries.push(entryOf(parsed))
    scenarios.set(parsed.scenario, entries)
  }
  for (const entries of scenarios.values()) entries.sort((a, b) => a.at - b.at || a.step - b.step)
  return scenarios
}

/** Lists that were polled beside the calls: what they show over time counts, not each single one. */
export function isSample(call: Call): boolean {
  return /^(sample|machines|unit files|poll:|asked at the dead machine)/.test(call.note)
}

function entryOf(line: z.infer<typeof Line>): Entry {
  const { step, t_ms: at } = line
  if (line.event !== undefined) return { kind: 'happening', step, at, text: line.event }
  return {
    kind: 'call',
    step,
    at,
    tookMs: line.ms ?? 0,
    argv: line.argv ?? [],
    rc: line.rc ?? null,
    stdout: line.stdout ?? '',
    stderr: line.stderr ?? '',
    note: line.note ?? '',
    cwdFiles: line.cwd_files ?? {},
    env: line.env ?? {},
    timeoutMs: line.timeout_s === undefined ? null : line.timeout_s * 1000,
  }
}
