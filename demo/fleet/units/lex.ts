const LINE_MAX = 2048

/** One `Name=Value` line of a unit file; a continued line keeps its backslash and newline in `value`. */
export interface UnitOption {
  readonly section: string
  readonly name: string
  readonly value: string
}

/**
 * Reads a unit file the way fleet does (go-systemd's lexer, seen in the scenarios submit and submit-bad-files):
 * anything before the first section is skipped, and a line longer than 2048 bytes is refused.
 */
export function lexUnitFile(text: string): UnitOption[] {
  const cursor = new Cursor(text)
  const options: UnitOption[] = []
  let section: string | null = null
  for (;;) {
    cursor.refuseLongLine()
    const char = cursor.take()
    if (char === undefined) return options
    if (char === '[') section = readSection(cursor)
    else if (char === '#' || char === ';') skipComment(cursor)
    else if (section !== null && !/\s/.test(char)) options.push(readOption(cursor, section, char))
  }
}

function readSection(cursor: Cursor): string {
  const name = cursor.until(']')
  if (name === null) throw new Error('unable to find end of section')
  const garbage = cursor.line().trim()
  if (garbage !== '') throw new Error(`found garbage after section name ${name}: ${garbage}`)
  return name
}

function skipComment(cursor: Cursor): void {
  while (cursor.line().replace(/ $/, '').endsWith('\\') && !cursor.atEnd()) continue
}

function readOption(cursor: Cursor, section: string, first: string): UnitOption {
  let name = first
  for (;;) {
    const char = cursor.take()
    if (char === undefined) throw new Error('EOF')
    if (char === '\n' || char === '\r') throw new Error('unexpected newline encountered while parsing option name')
    if (char === '=') break
    name += char
  }
  cursor.refuseLongLine()
  return { section, name: name.trim(), value: readValue(cursor) }
}

function readValue(cursor: Cursor): string {
  let value = ''
  for (;;) {
    const ended = !cursor.hasNewline()
    const line = cursor.line()
    if (line.trim() === '') break
    value += line
    if (!line.endsWith('\\')) break
    if (!ended) value += '\n'
    if (cursor.atEnd()) break
    cursor.refuseLongLine()
  }
  return value.endsWith('\n') ? `${value.trim()}\n` : value.trim()
}

class Cursor {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  take(): string | undefined {
    const char = this.#text[this.#at]
    if (char !== undefined) this.#at += 1
    return char
  }

  atEnd(): boolean {
    return this.#at >= this.#text.length
  }

  hasNewline(): boolean {
    return this.#text.indexOf('\n', this.#at) !== -1
  }

  until(char: string): string | null {
    const end = this.#text.indexOf(char, this.#at)
    if (end === -1) return null
    const found = this.#text.slice(this.#at, end)
    this.#at = end + 1
    return found
  }

  line(): string {
    return (this.until('\n') ?? this.rest()).replace(/\r$/, '')
  }

  rest(): string {
    const found = this.#text.slice(this.#at)
    this.#at = this.#text.length
    return found
  }

  refuseLongLine(): void {
    const ahead = this.#text.slice(this.#at, this.#at + LINE_MAX)
    if (ahead.length === LINE_MAX && !/[\r\n]/.test(ahead)) throw new Error(`line too long (max ${LINE_MAX} bytes)`)
  }
}
