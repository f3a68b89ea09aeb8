import { parseArgs } from 'node:util'

export const parts = ['ack', 'roll', 'memory'] as const
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
}

/** Reads `[--quick] [--out file] [ack] [roll] [memory]`. Throws on anything else. */
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
  if (values.quick) {
    return {
      ...common,
      ack: { perSecond: 50, seconds: 3, rounds: 1 },
      timeScale: 0.3,
      settleMs: 500,
      rolls: [
        { instances: 3, atOnce: 1, rounds: 1 },
        { instances: 30, atOnce: 10, rounds: 1 },
      ],
      memory: { rollouts: 5, samples: 3 },
    }
  }
  return {
    ...common,
    ack: { perSecond: 50, seconds: 20, rounds: 3 },
    timeScale: 1,
    settleMs: 2000,
    rolls: [
      { instances: 3, atOnce: 1, rounds: 3 },
      { instances: 30, atOnce: 10, rounds: 3 },
    ],
    memory: { rollouts: 50, samples: 20 },
  }
}
