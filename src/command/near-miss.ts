import type { Button } from '../ports/chat.ts'
import { code } from '../domain/wording.ts'
import type { Command, CommandIndex } from './define.ts'
import type { Known } from './fields.ts'
import { quoteWord } from './tokenize.ts'
import type { Word } from './word.ts'

/** A command that can be read, near to one that cannot. */
export interface NearMiss {
  readonly text: string
  readonly kind: Command['kind']
}

interface Attempt {
  readonly name: string
  readonly words: readonly Word[]
}

/** Commands that people mix up, the likeliest first: for the same words, each is tried in place of the one that was typed. */
const mixedUp: Readonly<Record<string, readonly string[]>> = {
  restart: ['deploy'],
  rollback: ['deploy'],
  promote: ['deploy'],
  stop: ['pause', 'lock'],
  pause: ['stop', 'lock'],
  go: ['resume'],
  resume: ['go'],
  retry: ['history'],
  confirm: ['queue'],
  show: ['status'],
}
/** A number alone stands for a rollout: what was probably meant for it, or else to see it. */
const forNumber: Readonly<Record<string, string>> = {
  deploy: 'retry',
  restart: 'retry',
  stop: 'pause',
  lock: 'pause',
  go: 'resume',
}
/** More words than this are not tried in another order. */
const mostTurned = 4

/** The first command near to the typed one that can be read; null when there is none. Only looks. */
export function nearMiss(typed: Attempt, commands: CommandIndex, known: Known): NearMiss | null {
  for (const attempt of attempts(typed, commands, known)) {
    const command = commands.get(attempt.name)
    if (command !== null && canBeRead(command, attempt.words, known)) {
      return { text: [attempt.name, ...attempt.words.map(asTyped)].join(' '), kind: command.kind }
    }
  }
  return null
}

function* attempts(typed: Attempt, commands: CommandIndex, known: Known): Generator<Attempt> {
  const { name, words } = typed
  yield* withoutInstance(typed, known)
  if (words.length > 1) for (const other of mixedUp[name] ?? []) yield { name: other, words }
  if (words.length === 1 && /^#?\d+$/.test(words[0]?.text ?? '')) yield { name: forNumber[name] ?? 'show', words }
  const fields = Object.values(commands.get(name)?.about.positionals ?? {})
  const isFree = fields.some(({ take }) => take === 'rest' || take === 'line')
  if (isFree || words.length > mostTurned || words.some(({ text }) => text.startsWith('-'))) return
  for (const turned of orders(words)) yield { name, words: turned }
}

/** `deploy api@2 production` names an instance, `deploy api@v2 production` and `deploy api:v2 production` a release. */
function* withoutInstance({ name, words }: Attempt, { catalog }: Known): Generator<Attempt> {
  const at = words.findIndex(({ text }) => catalog.service(/^([^@:=]+)[@:=]/.exec(text)?.[1] ?? '') !== null)
  const word = words[at]
  if (word === undefined) return
  const [, service = '', sign = '', part = ''] = /^([^@:=]+)([@:=])(.*)$/.exec(word.text) ?? []
  const alone = words.with(at, { ...word, text: service })
  const isInstance = sign === '@' && /^[\d,]+(?:\.service)?$/.test(part)
  if (isInstance && name === 'deploy') yield { name: 'restart', words }
  if (!isInstance && part !== '') yield { name, words: [...alone, { ...word, text: part, quoted: false }] }
  yield { name, words: alone }
}

function* orders(words: readonly Word[]): Generator<readonly Word[]> {
  if (words.length < 2) {
    yield words
    return
  }
  for (const [index, first] of words.entries()) {
    for (const rest of orders(words.filter((_, other) => other !== index))) yield [first, ...rest]
  }
}

const canBeRead = (command: Command, words: readonly Word[], known: Known): boolean =>
  command.kind === 'query'
    ? command.open((definition) => definition.parse(words, known).kind === 'args')
    : command.open((definition) => definition.parse(words, known).kind === 'args')

const asTyped = ({ text, quoted }: Word): string => (quoted || !/^--?\w/.test(text) ? quoteWord(text) : text)

/** What is wrong, and the command that was probably meant. */
export const nearMissText = (message: string, near: NearMiss): string =>
  `${/^.*?[.?!](?= |$)/s.exec(message)?.[0] ?? message} Did you mean ${code(near.text)}?`

/** A click on it runs the command, under the rights of who clicks. */
export const nearMissButton = ({ text, kind }: NearMiss): Button => ({
  label: text,
  command: text,
  style: 'plain',
  confirm: kind === 'query' ? null : `Run this command: ${text}`,
})
