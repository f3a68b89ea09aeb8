import type { Target } from '../domain/target.ts'

/** Where everything is, below the configured prefix. */

/** Counted numbers sort as text when they have one width; twelve digits last for 30,000 years of one a second. */
const counted = (n: number): string => String(n).padStart(12, '0')

const target = ({ service, tier }: Target): string => `${tier}/${service}`

export const keys = {
  rolloutCounter: 'counters/rollouts',
  historyCounter: (of: Target | null) => `counters/history/${of === null ? 'all' : target(of)}`,
  rollout: (id: number) => `rollouts/${counted(id)}`,
  rollouts: 'rollouts/',
  event: (id: number, seq: number) => `events/${counted(id)}/${counted(seq)}`,
  events: (id: number) => `events/${counted(id)}/`,
  active: (of: Target) => `targets/${target(of)}/active`,
  /** A rollout that waits for its target. */
  queued: (of: Target, id: number) => `targets/${target(of)}/queue/${counted(id)}`,
  current: (of: Target) => `targets/${target(of)}/current`,
  targets: 'targets/',
  targetsIn: (tier: string) => `targets/${tier}/`,
  /** How many rollouts began in this tier so far: compared by each that begins, so that no two take the last place. */
  startCounter: (tier: string) => `counters/starts/${tier}`,
  owner: (id: number) => `owners/${counted(id)}`,
  owners: 'owners/',
  /** What people want of a live rollout (a pause, an abort). Each step of the rollout compares it. */
  wish: (id: number) => `wishes/${counted(id)}`,
  wishes: 'wishes/',
  /** The rollout that took this one up again. */
  retried: (id: number) => `retried/${counted(id)}`,
  /** A rollout that follows when this one has succeeded. */
  following: (id: number) => `following/${counted(id)}`,
  followings: 'following/',
  history: (of: Target, n: number) => `history/${target(of)}/${counted(n)}`,
  histories: (of: Target) => `history/${target(of)}/`,
  historyAll: (n: number) => `history/all/${counted(n)}`,
  historiesAll: 'history/all/',
  tierLock: (tier: string) => `locks/${tier}`,
  targetLock: (of: Target) => `locks/${target(of)}`,
  locks: 'locks/',
  pin: (of: Target) => `pins/${target(of)}`,
  pins: 'pins/',
  /** The last word on a whole tier: stopped, or going. */
  stop: (tier: string) => `stops/${tier}`,
  stops: 'stops/',
  /** That somebody was reminded of what this key holds. */
  reminder: (of: string) => `reminders/${of}`,
  reminders: 'reminders/',
  /** What the schedule last saw of a target, and what it told of it. */
  drift: (of: Target) => `drift/${target(of)}`,
  drifts: 'drift/',
  /** Which process looks for drift. */
  driftWatcher: 'drift-watcher',
  thread: (id: number) => `threads/${counted(id)}`,
  /** That this rollout is shown in that thread: who types there need not name it. */
  threadAt: (channel: string, thread: string, id: number) => `thread-at/${channel}/${thread}/${counted(id)}`,
  threadsAt: (channel: string, thread: string) => `thread-at/${channel}/${thread}/`,
  /** One key per thread that is not told to its end. */
  telling: (id: number) => `telling/${counted(id)}`,
  tellings: 'telling/',
  narrator: (id: number) => `narrators/${counted(id)}`,
  narrators: 'narrators/',
  buildCounter: 'counters/builds',
  build: (service: string, id: number) => `builds/${service}/${counted(id)}`,
  builds: (service: string) => `builds/${service}/`,
  /** A build that is not told to its end. */
  arrival: (id: number) => `arrivals/${counted(id)}`,
  arrivals: 'arrivals/',
  /** Which process tells of a build. */
  receiver: (id: number) => `receivers/${counted(id)}`,
  receivers: 'receivers/',
  /** How far a receiver outside was told, by its number. */
  announced: (id: number) => `announced/${counted(id)}`,
  /** Which process tells it. */
  announcer: (id: number) => `announcers/${counted(id)}`,
  announcers: 'announcers/',
  /** Which process answers a request. */
  heard: (hash: string) => `heard/${hash}`,
} as const

/** The number at the end of a counted key; null when there is none. */
export function numberIn(key: string): number | null {
  const text = key.slice(key.lastIndexOf('/') + 1)
  return /^\d{12}$/.test(text) ? Number(text) : null
}
