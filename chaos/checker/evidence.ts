import { z } from 'zod'

/**
 * What the checker believes, and nothing else: the history of every key in etcd, the stand-in fleet's log of what was done
 * to which process and by whom, what the registry was asked and what it answered, what instances said that they run, what the
 * Slack holds, and what people typed. It shares no code with the engine.
 */
export interface Evidence {
  /** Every change below the bot's prefix, in etcd's own order. */
  readonly changes: readonly Change[]
  readonly fleet: readonly FleetLine[]
  /** What the registry was asked by bots, each behind a proxy of its own, and what somebody else pushed; by time. */
  readonly asked: readonly Asked[]
  /** What instances said as they started. */
  readonly said: readonly Said[]
  /** What each tag names at the end, by the path of its manifest. */
  readonly named: ReadonlyMap<string, string | null>
  /** All messages of all channels, oldest first in each. */
  readonly messages: readonly Message[]
  /** What people typed that would begin something, each with a word that stands nowhere else. */
  readonly typed: readonly Typed[]
  /** Which process each home of a bot belongs to: HOME → process id. */
  readonly homes: ReadonlyMap<string, number>
  /** The HOME with which the harness itself runs fleetctl. */
  readonly harness: string
  readonly historyChannel: string
  /** The address of each machine, by its id. */
  readonly machines: ReadonlyMap<string, string>
  /** Slack's user id of the bot. */
  readonly bot: string
  /** An instance that has been down for this long is known to be: fleet's and the bot's lags together, in ms. */
  readonly lagMs: number
}

/** One key at one revision of etcd. */
export interface Change {
  /** Below the prefix. */
  readonly key: string
  /** Null: deleted. */
  readonly value: string | null
  readonly revision: number
  /** It was seen at this time (ms since the epoch), so that it had happened by then. */
  readonly by: number
  /** How late it may have been seen, in ms. */
  readonly slop: number
}

/** One request to the registry. Times are milliseconds since the epoch. */
export interface Asked {
  readonly at: number
  /** When the registry had answered; null when it did not, or was not asked. */
  readonly doneAt: number | null
  readonly method: string
  /** `/v2/<repository>/manifests/<tag or digest>`, and others. */
  readonly path: string
  readonly status: number | null
  /** Of the manifest that was shown or pushed. */
  readonly digest: string | null
  /** Whether who asked got the answer. */
  readonly heard: boolean
  /** The processes that the bot behind this proxy had been by then; none: somebody else. */
  readonly pids: readonly number[]
}

/** A process of an instance said which release it is of, as it started. */
export interface Said {
  readonly at: number
  readonly tier: string
  readonly unit: string
  readonly pid: number
  readonly digest: string
}

export interface Typed {
  readonly tag: string
  readonly user: string
  readonly text: string
  /** The policy says no to it. */
  readonly forbidden: boolean
}

export interface Violation {
  /** Its number in docs/reliability.md. */
  readonly invariant: 1 | 2 | 3 | 4 | 5 | 6 | 7
  /** Null: it belongs to no rollout. */
  readonly rollout: number | null
  readonly message: string
  /** The time of an event outside of rollouts (ms since the epoch), so that a later round does not report it again. */
  readonly at?: number
}

const fleetLine = z.object({
  at: z.number(),
  action: z.string(),
  unit: z.string().optional(),
  machine: z.string().optional(),
  pid: z.number().optional(),
  detail: z.unknown().optional(),
})
/** The fleet of each tier has a log of its own. */
export type FleetLine = z.infer<typeof fleetLine> & { readonly tier: string }

export interface Message {
  readonly ts: string
  readonly channel: string
  readonly user?: string | undefined
  readonly text: string
  readonly thread_ts?: string | undefined
  readonly ephemeral_to?: string | undefined
  readonly reactions: readonly { readonly name: string; readonly users: readonly string[] }[]
}

/** The lab's log; a last line that is not whole yet is left out. */
export const fleetLines = (text: string, tier: string): readonly FleetLine[] =>
  text.split('\n').flatMap((line) => (line.endsWith('}') ? [{ ...fleetLine.parse(JSON.parse(line)), tier }] : []))

export const clockText = (at: number): string => new Date(at).toISOString().slice(11, 23)
