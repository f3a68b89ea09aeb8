import { parseArgs } from 'node:util'

export interface ChaosOptions {
  readonly rounds: number
  readonly seed: number
  /** Members of etcd, and replicas of the bot; null: as the seed says. */
  readonly members: 1 | 3 | null
  readonly replicas: number | null
  /** Another program than the rounds: so many rollouts on many targets, to see what grows. Null: rounds. */
  readonly soak: number | null
  /** Keep what the checker saw of every round, and not only of one that broke. */
  readonly keep: boolean
  /** File of the report, from the project's folder; null: none is written. */
  readonly out: string | null
}

const usage = `npm run chaos -- [--rounds N] [--seed S] [--members 1|3] [--replicas 2|3] [--out docs/reliability.md] [--keep]
npm run chaos -- --soak 200 [--seed S]`

/** Throws with the usage on anything else. */
export function readChaosOptions(args: readonly string[]): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
      members: { type: 'string' },
      replicas: { type: 'string' },
      soak: { type: 'string' },
      keep: { type: 'boolean', default: false },
      out: { type: 'string' },
    },
  })
  const number = (name: string, text: string, least: number, most: number): number => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= least && value <= most) return value
    throw new Error(`--${name} ${text}: give a whole number from ${least} to ${most}\n\n${usage}`)
  }
  const { members } = values
  if (members !== undefined && members !== '1' && members !== '3') {
    throw new Error(`--members ${members}: give 1 or 3\n\n${usage}`)
  }
  return {
    rounds: number('rounds', values.rounds, 1, 100_000),
    seed: number('seed', values.seed, 0, 1_000_000_000),
    members: members === undefined ? null : members === '1' ? 1 : 3,
    replicas: values.replicas === undefined ? null : number('replicas', values.replicas, 1, 5),
    soak: values.soak === undefined ? null : number('soak', values.soak, 1, 100_000),
    keep: values.keep,
    out: values.out ?? null,
  }
}
