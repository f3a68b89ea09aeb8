/** Callers who were turned away and come again, in the order in which they first came. Who stays away loses the place. */
export class Places {
  /** Until when each place is kept, on the monotonic clock. */
  readonly #kept = new Map<string, number>()

  /** How many go before `who`; all, where `who` has no place (null: never has one). */
  before(who: string | null, now: number): number {
    let count = 0
    for (const [name, until] of this.#kept) {
      if (name === who) return count
      if (until < now) this.#kept.delete(name)
      else count++
    }
    return count
  }

  keep(who: string, until: number): void {
    this.#kept.set(who, until)
  }

  leave(who: string): void {
    this.#kept.delete(who)
  }
}
