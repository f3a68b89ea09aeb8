import { closeSync, openSync, writeSync } from 'node:fs'

/** One line of the lab's log: what was really done, to which process, by whose call. `at` is milliseconds since the epoch. */
interface WitnessEntry {
  readonly at: number
  readonly action: string
  readonly unit?: string
  readonly machine?: string
  readonly pid?: number
  readonly detail?: unknown
}

export interface Witness {
  note(entry: Omit<WitnessEntry, 'at'>): void
  close(): void
}

/** Appends JSON lines to `path`; each line is written whole before `note` returns, so that a killed lab loses none. */
export function openWitness(path: string, now: () => number): Witness {
  const file = openSync(path, 'a')
  let open = true
  return {
    note: (entry) => {
      if (open) writeSync(file, `${JSON.stringify({ at: now(), ...entry })}\n`)
    },
    close: () => {
      open = false
      closeSync(file)
    },
  }
}
