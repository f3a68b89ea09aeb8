import { parseArgs } from 'node:util'

export interface DemoOptions {
  /** End after the commands. */
  readonly once: boolean
  /** Typed behind `/opsee`, in this order. */
  readonly commands: readonly string[]
  /** Nobody named commands: the demo's own deploy. */
  readonly own: boolean
  /** Print JSON lines. */
  readonly json: boolean
  /** Leave the demo's folder where it is. */
  readonly keep: boolean
  /** 0: a free one. */
  readonly ports: { readonly slack: number; readonly etcd: number }
  /** Who types: a name of the demo's Slack. */
  readonly user: string
  /** Of fleet's lags; 1 is as measured on a real cluster. */
  readonly timeScale: number
}

export type Parsed =
  | { readonly kind: 'run'; readonly options: DemoOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string }

const ownCommand = 'deploy api production'

/** Reads the words behind `npm run demo --`. */
export function readOptions(args: readonly string[]): Parsed {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        once: { type: 'boolean', default: false },
        run: { type: 'string', multiple: true, default: [] },
        as: { type: 'string', default: 'ann' },
        json: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        'port-slack': { type: 'string', default: '0' },
        'port-etcd': { type: 'string', default: '0' },
        'time-scale': { type: 'string', default: '0.5' },
      },
    })
    if (values.help) return { kind: 'help' }
    const options: DemoOptions = {
      once: values.once,
      commands: values.run.length === 0 ? [ownCommand] : values.run.map((text) => text.replace(/^\/opsee\s+/, '')),
      own: values.run.length === 0,
      json: values.json,
      keep: values.keep,
      ports: { slack: portOf('--port-slack', values['port-slack']), etcd: portOf('--port-etcd', values['port-etcd']) },
      user: values.as,
      timeScale: numberOf('--time-scale', values['time-scale'], 0.05, 10),
    }
    return { kind: 'run', options }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { kind: 'wrong', message: `${message}\nSee what there is: npm run demo -- --help` }
  }
}

const portOf = (name: string, text: string): number => Math.floor(numberOf(name, text, 0, 65_535))

function numberOf(name: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= least && value <= most) return value
  throw new Error(`${name} is ${JSON.stringify(text)}: write a number from ${least} to ${most}`)
}
