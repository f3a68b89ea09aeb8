/** The flags of fleetctl and of its commands: each a kind and what it is when not given. */
export type FlagKind = 'bool' | 'string' | 'int' | 'float'

export interface Flags {
  readonly global: Readonly<Record<string, FlagKind>>
  readonly local: Readonly<Record<string, Readonly<Record<string, FlagKind>>>>
}

const BLOCK = { 'block-attempts': 'int', 'no-block': 'bool' } as const
const CREATE = { replace: 'bool', sign: 'bool' } as const
const LIST = { fields: 'string', full: 'bool', 'no-legend': 'bool' } as const
const PORT = { 'ssh-port': 'int' } as const

export const FLAGS: Flags = {
  global: {
    'ca-file': 'string',
    'cert-file': 'string',
    debug: 'bool',
    driver: 'string',
    endpoint: 'string',
    'etcd-cafile': 'string',
    'etcd-certfile': 'string',
    'etcd-key-prefix': 'string',
    'etcd-keyfile': 'string',
    'experimental-api': 'bool',
    h: 'bool',
    help: 'bool',
    'key-file': 'string',
    'known-hosts-file': 'string',
    'request-timeout': 'float',
    'ssh-timeout': 'float',
    'ssh-username': 'string',
    'strict-host-key-checking': 'bool',
    tunnel: 'string',
    version: 'bool',
  },
  local: {
    cat: {},
    destroy: BLOCK,
    'fd-forward': {},
    help: {},
    journal: { lines: 'int', follow: 'bool', f: 'bool', sudo: 'bool', output: 'string', ...PORT },
    'list-machines': { ...LIST, l: 'bool' },
    'list-unit-files': LIST,
    'list-units': { ...LIST, l: 'bool' },
    load: { ...BLOCK, ...CREATE },
    restart: { 'block-attempts': 'int' },
    ssh: { machine: 'string', unit: 'string', 'forward-agent': 'bool', A: 'bool', ...PORT },
    start: { ...BLOCK, ...CREATE },
    status: PORT,
    stop: BLOCK,
    submit: CREATE,
    unload: BLOCK,
    verify: {},
    version: {},
  },
}

/** Values as written; a bool is `true` or `false`. */
export type FlagValues = Readonly<Record<string, string>>

export type Parsed =
  | { readonly kind: 'ok'; readonly flags: FlagValues; readonly words: readonly string[] }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string }

/** Flags and words in any order; `--` ends the flags. A bool takes a value only behind `=`. */
export function parseFlags(args: readonly string[], known: Readonly<Record<string, FlagKind>>): Parsed {
  const flags: Record<string, string> = {}
  const words: string[] = []
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i] ?? ''
    if (arg === '--') {
      words.push(...args.slice(i + 1))
      break
    }
    if (!arg.startsWith('-') || arg === '-') {
      words.push(arg)
      continue
    }
    if (!arg.startsWith('--')) {
      const letter = arg.charAt(1)
      if (letter === 'h') return { kind: 'help' }
      return { kind: 'wrong', message: `unknown shorthand flag: '${letter}' in ${arg}` }
    }
    const equals = arg.indexOf('=')
    const name = equals === -1 ? arg.slice(2) : arg.slice(2, equals)
    const kind = Object.hasOwn(known, name) ? known[name] : undefined
    if (kind === undefined) return { kind: 'wrong', message: `unknown flag: --${name}` }
    let value = equals === -1 ? null : arg.slice(equals + 1)
    if (value === null && kind === 'bool') value = 'true'
    if (value === null) {
      i += 1
      value = args[i] ?? null
      if (value === null) return { kind: 'wrong', message: `flag needs an argument: --${name}` }
    }
    const wrong = refuseValue(name, kind, value)
    if (wrong !== null) return { kind: 'wrong', message: wrong }
    flags[name] = kind === 'bool' ? String(/^(1|t|true)$/i.test(value)) : value
  }
  return flags['help'] === 'true' || flags['h'] === 'true' ? { kind: 'help' } : { kind: 'ok', flags, words }
}

/** What pflag says of a value that is none of its kind, or null. */
export function refuseValue(name: string, kind: FlagKind, value: string): string | null {
  const parser = { bool: 'ParseBool', int: 'ParseInt', float: 'ParseFloat', string: '' }[kind]
  const good = {
    bool: /^(1|0|t|f|true|false)$/i,
    int: /^[-+]?\d+$/,
    float: /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i,
    string: /^/,
  }
  return good[kind].test(value)
    ? null
    : `invalid argument "${value}" for --${name}: strconv.${parser}: parsing "${value}": invalid syntax`
}

/** The command of a command line, and what is left without it; null when there is no word at all. */
export function findCommand(
  args: readonly string[],
): { readonly word: string; readonly rest: readonly string[] } | null {
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i] ?? ''
    if (arg === '--') return null
    if (!arg.startsWith('-')) return { word: arg, rest: [...args.slice(0, i), ...args.slice(i + 1)] }
    if (arg.startsWith('--') && !arg.includes('=') && FLAGS.global[arg.slice(2)] !== 'bool') i += 1
  }
  return null
}
