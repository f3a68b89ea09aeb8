/** One command of an `Exec…=` line. `mayFail` is the leading `-`. */
export interface ExecCommand {
  readonly argv: readonly string[]
  readonly mayFail: boolean
}

/** What specifiers and variables stand for when a command is run. */
export interface ExecContext {
  readonly specifiers: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  s: ' ',
}

/**
 * Splits the value of an `Exec…=` line as systemd.service(5) says: quotes, escapes, `;` between commands, a leading
 * `-` `@` `+` `!` `:`, specifiers, `${NAME}` anywhere in a word and `$NAME` as a whole word (split again at blanks).
 */
export function parseExecLine(value: string, context: ExecContext): ExecCommand[] {
  const commands: ExecCommand[] = []
  let words: string[] = []
  const finish = (): void => {
    if (words.length > 0) commands.push(commandOf(words, context))
    words = []
  }
  for (const word of splitWords(value.replaceAll(/\\\r?\n/g, ' '))) {
    if (word === ';') finish()
    else words.push(word === '\\;' ? ';' : word)
  }
  finish()
  return commands
}

function commandOf(words: readonly string[], context: ExecContext): ExecCommand {
  const [first = '', ...rest] = words
  const [prefix = ''] = /^[-@+!:]*/.exec(first) ?? []
  const path = first.slice(prefix.length)
  const program = prefix.includes('@') ? [path, ...rest.slice(1)] : [path, ...rest]
  const plain = program.map((word) => specify(word, context.specifiers))
  const argv = prefix.includes(':') ? plain : plain.flatMap((word) => substitute(word, context.env))
  return { argv, mayFail: prefix.includes('-') }
}

export function specify(text: string, specifiers: Readonly<Record<string, string>>): string {
  return text.replaceAll(/%(.)/g, (all, letter: string) => (letter === '%' ? '%' : (specifiers[letter] ?? all)))
}

function substitute(word: string, env: Readonly<Record<string, string>>): string[] {
  const whole = /^\$([A-Za-z_][A-Za-z0-9_]*)$/.exec(word)
  if (whole?.[1] !== undefined) return (env[whole[1]] ?? '').split(/\s+/).filter((part) => part !== '')
  return [
    word.replaceAll(/\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (all, name?: string) =>
      name === undefined ? (all === '$$' ? '$' : all) : (env[name] ?? ''),
    ),
  ]
}

/** Words of a line under systemd's quoting rules; also used for `Environment=`. */
export function splitWords(line: string): string[] {
  const words: string[] = []
  let word: string | null = null
  let quote: string | null = null
  for (let i = 0; i < line.length; i += 1) {
    const char = line.charAt(i)
    if (char === '\\' && i + 1 < line.length) {
      i += 1
      const next = line.charAt(i)
      word = (word ?? '') + (quote === null && next === ';' ? '\\;' : (ESCAPES[next] ?? unescaped(next)))
    } else if (quote !== null) {
      if (char === quote) quote = null
      else word = (word ?? '') + char
    } else if (char === '"' || char === "'") {
      quote = char
      word ??= ''
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word)
      word = null
    } else word = (word ?? '') + char
  }
  if (word !== null) words.push(word)
  return words
}

function unescaped(char: string): string {
  return char === '\\' || char === '"' || char === "'" ? char : `\\${char}`
}
