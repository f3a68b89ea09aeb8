/** Of measured values: nearest rank, so that each is one that was measured. */
export interface Stats {
  readonly n: number
  readonly median: number
  readonly p99: number
  readonly max: number
}

/** Throws for no values. */
export function statsOf(values: readonly number[]): Stats {
  const sorted = values.toSorted((a, b) => a - b)
  const rank = (share: number): number => {
    const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
    if (value === undefined) throw new Error('nothing was measured')
    return value
  }
  return { n: sorted.length, median: rank(0.5), p99: rank(0.99), max: rank(1) }
}
