import { parseArgs } from 'node:util'

// Plain JavaScript without packages: the help text and a wrong option are answered before anything is installed or built.

export const helpText = `Usage: npm run chaos -- [options]

Plays rounds of faults against 2 or 3 replicas of the bot, a real etcd, a stand-in fleet, a registry and a local Slack, and
checks the seven invariants of docs/reliability.md after each round. The same seed plans the same round.
Exit codes: 0 nothing was lost, 1 an invariant was broken, 2 a wrong option.

  --rounds <n>        how many rounds; 10 unless given
  --seed <n>          the first round's seed, 0 to 1000000000; each later round takes the next one; 1 unless given
  --members <1|3>     members of etcd; as the seed says unless given
  --replicas <n>      replicas of the bot, 1 to 5; as the seed says unless given
  --keep              keep the evidence of every round; that of a broken round is always kept
  --out <file>        write the report into this page, such as docs/reliability.md
  --soak <n>          instead of rounds: n rollouts on 20 targets under faults, to see which data grows; takes --seed too
  --help              this text
`

const options = {
  rounds: { type: 'string' },
  seed: { type: 'string', default: '1' },
  members: { type: 'string' },
  replicas: { type: 'string' },
  soak: { type: 'string' },
  keep: { type: 'boolean', default: false },
  out: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
}

/** `{ kind: 'help' }`, `{ kind: 'wrong', message }`, or `{ kind: 'run', options }` with what `chaos/options.ts` parses. */
export function readOptions(args) {
  if (args.includes('--help') || args.includes('-h')) return { kind: 'help' }
  try {
    const { values } = parseArgs({ args: [...args], options })
    return { kind: 'run', options: optionsFrom(values) }
  } catch (error) {
    return { kind: 'wrong', message: `${refusalText(error)}\nSee the options: npm run chaos -- --help\n` }
  }
}

function optionsFrom(values) {
  const { members, soak } = values
  if (soak !== undefined) {
    for (const name of ['rounds', 'members', 'replicas', 'keep', 'out'])
      if (values[name] !== undefined && values[name] !== false)
        throw new Error(`--${name} does not go with --soak, which takes --seed alone`)
  }
  if (members !== undefined && members !== '1' && members !== '3') throw new Error(`--members ${members}: give 1 or 3`)
  return {
    rounds: wholeNumber(values, 'rounds', 1, 100_000) ?? 10,
    seed: wholeNumber(values, 'seed', 0, 1_000_000_000),
    members: members === undefined ? null : Number(members),
    replicas: wholeNumber(values, 'replicas', 1, 5),
    soak: wholeNumber(values, 'soak', 1, 100_000),
    keep: values.keep,
    out: values.out ?? null,
  }
}

function wholeNumber(values, name, least, most) {
  const text = values[name]
  if (text === undefined) return null
  if (/^\d+$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text)
  throw new Error(`--${name} ${text}: give a whole number from ${least} to ${most}`)
}

/** Node adds an advice about `--` to an unknown option, which does not help here. */
function refusalText(error) {
  if (error.code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return error.message.replace(/\n[^]*/, '')
  return error.message.replace(/\. To specify [^]*/, '')
}
