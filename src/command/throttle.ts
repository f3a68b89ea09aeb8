import type { Clock } from '../ports/clock.ts'

/** How many commands may be carried out and may wait. Times are in milliseconds. */
export interface ThrottleLimits {
  /** Commands carried out at once, of everybody. */
  readonly running: number
  /** Commands carried out at once, of one person. */
  readonly runningEach: number
  /** Commands of one person that wait for their turn. */
  readonly waitingEach: number
  /** Commands that wait, of everybody. */
  readonly waiting: number
  /** A person over the limit is refused everything for this long; twice as long each time that it happens again. */
  readonly restMs: number
  readonly longestRestMs: number
  /** One person is answered about refusals no more often than this. */
  readonly answerEveryMs: number
}

export const usualThrottle: ThrottleLimits = {
  running: 40,
  runningEach: 4,
  waitingEach: 12,
  waiting: 400,
  restMs: 2000,
  longestRestMs: 60_000,
  answerEveryMs: 10_000,
}

export type Submitted<T> =
  | { readonly kind: 'accepted'; readonly result: Promise<T> }
  | {
      readonly kind: 'refused'
      /** Whose commands are too many: the person's own, or those of everybody together. */
      readonly why: 'person' | 'everybody'
      /** When it is worth trying again. */
      readonly retryAfterMs: number
      /** This refusal should be answered; the others of the same person only cost Slack's budget. */
      readonly answer: boolean
    }

/** Refusals of one person since they were last taken. */
export interface Refusals<P> {
  readonly person: P
  readonly count: number
  /** Of the first and the last, on the wall clock. */
  readonly from: number
  readonly to: number
}

export interface Throttle<P> {
  /** Runs the work when it is this person's turn, or refuses at once. Asks nobody and reads nothing. */
  submit<T>(person: P, work: () => Promise<T>): Submitted<T>
  /** Takes what was refused since the last call. */
  takeRefusals(): readonly Refusals<P>[]
}

interface Lane<P> {
  running: number
  readonly waiting: (() => void)[]
  restUntil: number
  restMs: number
  answeredAt: number
  refusals: { person: P; count: number; from: number; to: number } | null
}

/** A person who kept to the limits for this long starts with the shortest rest again. */
const forgetMs = 60_000
/** Lanes of people who do nothing are dropped when there are more than this. */
const mostLanes = 1000

/**
 * Shares the process between people. Turns go round between the people who wait, so that one person with many commands
 * delays another by no more than one turn.
 */
export function createThrottle<P extends { readonly id: string }>(
  limits: ThrottleLimits,
  clock: Pick<Clock, 'now' | 'monotonic'>,
): Throttle<P> {
  const lanes = new Map<string, Lane<P>>()
  /** Ids of people who wait, in the order of their turns. */
  const turns = new Set<string>()
  let running = 0
  let waiting = 0

  function laneOf(id: string): Lane<P> {
    const known = lanes.get(id)
    if (known !== undefined) return known
    if (lanes.size >= mostLanes) dropIdle()
    const fresh = { running: 0, waiting: [], restUntil: -Infinity, restMs: 0, answeredAt: -Infinity, refusals: null }
    lanes.set(id, fresh)
    return fresh
  }

  function dropIdle(): void {
    const now = clock.monotonic()
    for (const [id, lane] of lanes) {
      const idle = lane.running === 0 && lane.waiting.length === 0 && lane.refusals === null
      if (idle && now - lane.restUntil > forgetMs) lanes.delete(id)
    }
  }

  /** Starts those whose turn it is while there is room. */
  function startNext(): void {
    for (const id of turns) {
      if (running >= limits.running) return
      const lane = laneOf(id)
      if (lane.running >= limits.runningEach) continue
      const start = lane.waiting.shift()
      turns.delete(id)
      if (start === undefined) continue
      waiting -= 1
      // Behind everybody else who waits.
      if (lane.waiting.length > 0) turns.add(id)
      enter(lane)
      start()
    }
  }

  /** Counts a command before it begins: several may be let in before the first of them runs. */
  function enter(lane: Lane<P>): void {
    running += 1
    lane.running += 1
  }

  async function carryOut<T>(lane: Lane<P>, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } finally {
      running -= 1
      lane.running -= 1
      startNext()
    }
  }

  function refuse(person: P, lane: Lane<P>, why: 'person' | 'everybody', retryAfterMs: number): Submitted<never> {
    const now = clock.monotonic()
    const at = clock.now()
    lane.refusals = { person, count: (lane.refusals?.count ?? 0) + 1, from: lane.refusals?.from ?? at, to: at }
    const answer = now - lane.answeredAt >= limits.answerEveryMs
    if (answer) lane.answeredAt = now
    return { kind: 'refused', why, retryAfterMs, answer }
  }

  return {
    submit(person, work) {
      const lane = laneOf(person.id)
      const now = clock.monotonic()
      if (now < lane.restUntil) return refuse(person, lane, 'person', lane.restUntil - now)
      const free = running < limits.running && lane.running < limits.runningEach && lane.waiting.length === 0
      if (free) {
        enter(lane)
        return { kind: 'accepted', result: carryOut(lane, work) }
      }
      if (lane.waiting.length >= limits.waitingEach) {
        const again = now - lane.restUntil < forgetMs
        lane.restMs = again ? Math.min(limits.longestRestMs, lane.restMs * 2) : limits.restMs
        lane.restUntil = now + lane.restMs
        return refuse(person, lane, 'person', lane.restMs)
      }
      if (waiting >= limits.waiting) return refuse(person, lane, 'everybody', limits.restMs)
      waiting += 1
      turns.add(person.id)
      const turn = new Promise<void>((resolve) => lane.waiting.push(resolve))
      return { kind: 'accepted', result: turn.then(() => carryOut(lane, work)) }
    },

    takeRefusals() {
      const taken = [...lanes.values()].flatMap((lane) => {
        const { refusals } = lane
        lane.refusals = null
        return refusals === null ? [] : [refusals]
      })
      dropIdle()
      return taken
    },
  }
}

/** What a person hears whose command was refused. */
export function refusalText(refused: Extract<Submitted<unknown>, { kind: 'refused' }>, limits: ThrottleLimits): string {
  const seconds = Math.max(1, Math.ceil(refused.retryAfterMs / 1000))
  if (refused.why === 'everybody') {
    return `⏳ Opsee is busy: too many at once, from everybody together. This command was not done. Type it again in ${seconds} s.`
  }
  return (
    `⏳ Too many at once: Opsee carries out ${limits.runningEach} of your commands at a time, and ${limits.waitingEach} may wait. ` +
    `This command was not done, and your next ones are refused as well for ${seconds} s. Type it again after that.`
  )
}
