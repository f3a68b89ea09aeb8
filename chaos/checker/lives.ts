import { mainProcess } from './calls.ts'
import type { Evidence, FleetLine, Said } from './evidence.ts'
import type { Story } from './story.ts'

/** One process of an instance. Times are milliseconds since the epoch. */
export interface Life {
  readonly machine: string
  readonly pid: number | null
  readonly from: number
  /** Infinity while it runs. */
  readonly to: number
  /** It ended without being told to, and its machine did not lose its power. */
  readonly crashed: boolean
  /** The digest that it says it runs; null: it said nothing. */
  readonly runs: string | null
}

/** The processes of each unit of each tier, oldest first. */
export type Lives = ReadonlyMap<string, readonly Life[]>

const keyOf = (tier: string, unit: string): string => `${tier}/${unit}`

export const livesOf = (lives: Lives, { tier }: Pick<Story, 'tier'>, unit: string): readonly Life[] =>
  lives.get(keyOf(tier, unit)) ?? []

export function livesIn({ fleet, said }: Evidence): Lives {
  const lives = new Map<string, Life[]>()
  // Units on machines where systemd is stopping them now.
  const stopping = new Set<string>()
  for (const line of fleet) {
    if (line.unit === undefined) continue
    const key = keyOf(line.tier, line.unit)
    const place = `${key} ${line.machine ?? ''}`
    if (beginsToStop(line)) stopping.add(place)
    const begins = mainProcess(line)
    if (begins === null) continue
    const own = lives.get(key) ?? []
    lives.set(key, own)
    if (begins) {
      stopping.delete(place)
      const pid = line.pid ?? null
      const runs = wordOf(said, line)
      own.push({ machine: line.machine ?? '', pid, from: line.at, to: Infinity, crashed: false, runs })
      continue
    }
    const at = own.findLastIndex(({ to, pid }) => to === Infinity && (line.pid === undefined || pid === line.pid))
    const life = own[at]
    if (life === undefined) continue
    own[at] = { ...life, to: line.at, crashed: line.action === 'exited' && !stopping.has(place) }
  }
  return lives
}

/** systemd stops a unit by its ExecStop, or by SIGTERM where that left something. */
const beginsToStop = ({ action, detail }: FleetLine): boolean =>
  action === 'sigterm' ||
  action === 'sigkill' ||
  (action === 'exec-start' && /"kind":"deactivating\/stop/.test(JSON.stringify(detail) ?? ''))

const wordOf = (said: readonly Said[], { tier, unit, at, pid }: FleetLine): string | null =>
  said.find((one) => one.tier === tier && one.unit === unit && one.pid === pid && one.at >= at)?.digest ?? null

/** What may have been running at some moment between two times; where nothing was, what ran last before. */
export function runningBetween(lives: readonly Life[], from: number, to: number): readonly Life[] {
  const there = lives.filter((life) => life.from <= to && life.to >= from)
  return there.length > 0 ? there : lives.filter((life) => life.from <= to).slice(-1)
}
