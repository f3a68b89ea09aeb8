import type { Snapshot } from './history.ts'
import type { Call } from './transcript.ts'

/** For each unit (each copy, where it runs everywhere) the states it was seen in, one after the other; `-` is no row. */
export type Sequences = Map<string, string[]>

/** What the recorded samples saw. */
export function recordedSequences(calls: readonly Call[], globals: ReadonlySet<string>): Sequences {
  const sequences: Sequences = new Map()
  for (const call of calls) {
    if (call.rc !== 0 || !call.argv.includes('unit,machine,load,active,sub,hash')) continue
    const rows = call.stdout.split('\n').filter((line) => line !== '')
    note(
      sequences,
      rows.map((line) => {
        const [name = '', machine = '', , active = '', sub = ''] = line.split(/\t+/)
        return { key: keyOf(name, machine, globals), state: `${active}/${sub}` }
      }),
    )
  }
  return sequences
}

/** What the stand-in's registry held. */
export function seenSequences(snapshots: readonly Snapshot[], globals: ReadonlySet<string>): Sequences {
  const sequences: Sequences = new Map()
  for (const { states } of snapshots) {
    note(
      sequences,
      states.map(({ name, machine, active, sub }) => ({
        key: keyOf(name, machine, globals),
        state: `${active}/${sub}`,
      })),
    )
  }
  return sequences
}

/** The first unit whose recorded states did not come in that order, told in words; null when all did. */
export function missingSequence(recorded: Sequences, seen: Sequences): string | null {
  for (const [key, states] of recorded) {
    const wanted = withoutBlips(key, states)
    const had = onceEach(seen.get(key) ?? [])
    if (!isSubsequence(wanted, had))
      return `${key}: recorded ${wanted.join(' > ')}; the stand-in had ${had.join(' > ')}`
  }
  return null
}

/** States of a unit that the real one never showed, told in words; null when there are none. */
export function inventedState(recorded: Sequences, seen: Sequences): string | null {
  for (const [key, states] of recorded) {
    const known = new Set(states)
    const invented = (seen.get(key) ?? []).find((state) => !known.has(state) && !PASSING.has(state))
    if (invented !== undefined)
      return `${key}: the stand-in showed ${invented}, the real one only ${[...known].join(', ')}`
  }
  return null
}

/** States so short that a sample may or may not catch them. */
const PASSING = new Set([
  '-',
  'inactive/dead',
  'activating/start-pre',
  'activating/start',
  'activating/auto-restart',
  'deactivating/stop-sigterm',
  'active/running',
])

/** Leaves out what a poll of one second may miss, so that the rest must be there. */
function withoutBlips(key: string, states: readonly string[]): string[] {
  const kept = states.filter((state, index) => {
    const before = states[index - 1] ?? '-'
    const after = states[index + 1]
    if (state === '-') return index === states.length - 1
    // Loaded, and started in the same moment.
    if (state === 'inactive/dead' && before === '-' && after?.startsWith('activ') === true) return false
    if (state === 'inactive/dead' && before === '-' && after === 'failed/failed') return false
    // A unit with a start of one second, or one that ends at once.
    if (state === 'activating/start-pre') return !key.startsWith('api@')
    if (state === 'activating/auto-restart') return !key.startsWith('fast')
    if (state === 'active/running') return !key.startsWith('exit0')
    return true
  })
  return onceEach(kept.filter((state, index) => state !== kept[index - 1]))
}

/** A loop of two states is one pass of it: how often it went round depends on how long it was watched. */
function onceEach(states: readonly string[]): string[] {
  const kept: string[] = []
  for (const state of states) {
    kept.push(state)
    const [a, b, c, d] = kept.slice(-4)
    if (a !== undefined && a === c && b === d) kept.splice(-2)
  }
  return kept
}

function note(sequences: Sequences, rows: readonly { readonly key: string; readonly state: string }[]): void {
  const now = new Map<string, string[]>()
  for (const { key, state } of rows) now.set(key, [...(now.get(key) ?? []), state])
  for (const key of new Set([...sequences.keys(), ...now.keys()])) {
    const sequence = sequences.get(key) ?? ['-']
    for (const state of now.get(key) ?? ['-']) if (sequence.at(-1) !== state) sequence.push(state)
    sequences.set(key, sequence)
  }
}

export function isSubsequence(wanted: readonly string[], had: readonly string[]): boolean {
  let at = 0
  for (const state of had) if (at < wanted.length && wanted[at] === state) at += 1
  return at === wanted.length
}

/** Placement is free, but a copy of a global unit is known by its machine: its short id begins with the number. */
function keyOf(name: string, machine: string, globals: ReadonlySet<string>): string {
  return globals.has(name) ? `${name} on ${machine.slice(0, 1)}` : name
}
