/** Driving time without progress, in milliseconds: counted on by whoever drives, and anew when something became healthy. */
export class ProgressClock {
  #ms = 0
  #at: number | null = null

  /** It was taken up at this moment (`Clock.monotonic()`) with so much counted; nothing when it had been before. True the first time. */
  begin(ms: number, at: number): boolean {
    if (this.#at !== null) return false
    this.count(ms, at)
    return true
  }

  /** So much is counted, up to this moment. */
  count(ms: number, at: number): void {
    this.#ms = ms
    this.#at = at
  }

  /** What passed until this moment is not counted: nobody is waited for but a person, or a limit of its own runs. */
  stand(at: number): void {
    this.#at = at
  }

  spentMs(at: number): number {
    return this.#ms + (at - (this.#at ?? at))
  }
}
