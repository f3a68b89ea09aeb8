/** One line of a unit's journal. `at` in milliseconds since the epoch; `from` is the program, `pid` 1 for systemd itself. */
export interface JournalLine {
  readonly at: number
  readonly from: string
  readonly pid: number
  readonly text: string
}

const KEPT_LINES = 1000

/** The journal of one machine: the newest lines of each unit, also of units that are gone. */
export class Journal {
  readonly #units = new Map<string, JournalLine[]>()

  add(unit: string, line: JournalLine): void {
    const lines = this.#units.get(unit) ?? []
    lines.push(line)
    if (lines.length > KEPT_LINES) lines.splice(0, lines.length - KEPT_LINES)
    this.#units.set(unit, lines)
  }

  lines(unit: string): readonly JournalLine[] {
    return this.#units.get(unit) ?? []
  }

  all(): readonly (JournalLine & { readonly unit: string })[] {
    return [...this.#units].flatMap(([unit, lines]) => lines.map((line) => ({ unit, ...line })))
  }
}
