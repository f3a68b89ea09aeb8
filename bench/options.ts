import { parseArgs } from 'node:util'

export const parts = ['ack', 'roll', 'memory', 'takeover', 'crowd', 'records', 'writes', 'plans', 'promote'] as const
export type Part = (typeof parts)[number]

/** How a run measures. The report says all of it. */
export interface BenchOptions {
  readonly parts: readonly Part[]
  /** A short run, to see that it works: its numbers say little. */
  readonly quick: boolean
  /** File of the report, from the project's folder. */
  readonly out: string
  readonly ack: { readonly perSecond: number; readonly seconds: number; readonly rounds: number }
  /** Of fleet's lags: 1 is as measured on a real cluster. */
  readonly timeScale: number
  readonly settleMs: number
  readonly rolls: readonly { readonly instances: 3 | 30; readonly atOnce: number; readonly rounds: number }[]
  readonly memory: { readonly rollouts: number; readonly samples: number }
  /** Ends of the driving process, each with so many rollouts live: every rollout is a value of its own. */
  readonly takeover: {
    readonly rollouts: number
    readonly ends: readonly {
      readonly signal: 'SIGKILL' | 'SIGTERM'
      readonly leaseMs: number
      readonly times: number
    }[]
  }
  readonly crowd: CrowdOptions
  readonly records: {
    readonly rollouts: number
    readonly services: number
    readonly instancesEach: number
    /** Each side, in turn. */
    readonly rounds: number
    /** Of `status` after more than a minute without a look at the fleet. */
    readonly firstLooks: number
  }
  /** Of so many services in each of two tiers. */
  readonly plans: { readonly services: number; readonly instancesEach: number; readonly rounds: number }
  readonly promote: { readonly rounds: number }
}

export interface CrowdOptions {
  readonly rollouts: number
  /** Of each rollout, one after the other. */
  readonly instances: number
  readonly settleMs: number
  /** Between two commands. */
  readonly everyMs: number
  /** Numbers of live rollouts at which the fleet's polls are counted, and for how long. */
  readonly polledAt: readonly number[]
  readonly pollSeconds: number
}

/** Reads `[--quick] [--out file] [part…]`. Throws on anything else. */
export function readBenchOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, out: { type: 'string', default: 'docs/benchmarks.md' } },
  })
  const wanted = positionals.map((word) => {
    const part = parts.find((one) => one === word)
    if (part === undefined) throw new Error(`"${word}" is not measured here: name ${parts.join(', ')}`)
    return part
  })
  const common = { parts: wanted.length === 0 ? parts : wanted, out: values.out, quick: values.quick }
  return { ...common, ...(values.quick ? quickRun : fullRun) }
}

type Sizes = Omit<BenchOptions, 'parts' | 'out' | 'quick'>

const quickRun: Sizes = {
  ack: { perSecond: 50, seconds: 3, rounds: 1 },
  timeScale: 0.3,
  settleMs: 500,
  rolls: [
    { instances: 3, atOnce: 1, rounds: 1 },
    { instances: 30, atOnce: 10, rounds: 1 },
  ],
  memory: { rollouts: 5, samples: 3 },
  takeover: {
    rollouts: 3,
    ends: [
      { signal: 'SIGKILL', leaseMs: 10_000, times: 1 },
      { signal: 'SIGKILL', leaseMs: 3000, times: 1 },
      { signal: 'SIGTERM', leaseMs: 10_000, times: 1 },
    ],
  },
  crowd: { rollouts: 10, instances: 2, settleMs: 5000, everyMs: 1500, polledAt: [1, 10], pollSeconds: 3 },
  records: { rollouts: 2000, services: 6, instancesEach: 10, rounds: 3, firstLooks: 1 },
  plans: { services: 100, instancesEach: 1, rounds: 3 },
  promote: { rounds: 1 },
}

const fullRun: Sizes = {
  ack: { perSecond: 50, seconds: 20, rounds: 3 },
  timeScale: 1,
  settleMs: 2000,
  rolls: [
    { instances: 3, atOnce: 1, rounds: 3 },
    { instances: 30, atOnce: 10, rounds: 3 },
  ],
  memory: { rollouts: 50, samples: 20 },
  takeover: {
    rollouts: 5,
    ends: [
      { signal: 'SIGKILL', leaseMs: 10_000, times: 10 },
      { signal: 'SIGKILL', leaseMs: 3000, times: 5 },
      { signal: 'SIGTERM', leaseMs: 10_000, times: 5 },
    ],
  },
  crowd: { rollouts: 100, instances: 2, settleMs: 90_000, everyMs: 1200, polledAt: [1, 10, 100], pollSeconds: 10 },
  records: { rollouts: 100_000, services: 60, instancesEach: 50, rounds: 8, firstLooks: 3 },
  plans: { services: 100, instancesEach: 2, rounds: 10 },
  promote: { rounds: 5 },
}
