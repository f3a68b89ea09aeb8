import { mainProcess } from './calls.ts'
import type { Evidence, Said } from './evidence.ts'

/** One process of an instance. Times are milliseconds since the epoch. */
export interface Life {
  readonly from: number
  /** Infinity while it runs. */
  readonly to: number
  /** The digest that it says it runs; null: it said nothing. */
  readonly runs: string | null
}

/** The processes of each unit, oldest first. */
export function livesIn({ fleet, said }: Evidence): ReadonlyMap<string, readonly Life[]> {
  const lives = new Map<string, (Life & { readonly pid: number | undefined })[]>()
  for (const line of fleet) {
    const begins = mainProcess(line)
    if (begins === null || line.unit === undefined) continue
    const own = lives.get(line.unit) ?? []
    lives.set(line.unit, own)
    if (begins) own.push({ from: line.at, to: Infinity, pid: line.pid, runs: wordOf(said, line.unit, line) })
    else {
      const at = own.findLastIndex(({ to, pid }) => to === Infinity && (line.pid === undefined || pid === line.pid))
      const life = own[at]
      if (life !== undefined) own[at] = { ...life, to: line.at }
    }
  }
  return lives
}

const wordOf = (
  said: readonly Said[],
  unit: string,
  { at, pid }: { readonly at: number; readonly pid?: number | undefined },
): string | null => said.find((one) => one.unit === unit && one.pid === pid && one.at >= at)?.digest ?? null

/** What may have been running at some moment between two times; where nothing was, what ran last before. */
export function runningBetween(lives: readonly Life[], from: number, to: number): readonly Life[] {
  const there = lives.filter((life) => life.from <= to && life.to >= from)
  return there.length > 0 ? there : lives.filter((life) => life.from <= to).slice(-1)
}
