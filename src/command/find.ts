import { code } from '../domain/wording.ts'
import type { Command, CommandIndex } from './define.ts'
import { helpHint, usageText } from './help.ts'
import { nearest } from '../domain/nearest.ts'
import { readCommand, withoutStop } from './tokenize.ts'
import type { Word } from './word.ts'

export type Found =
  | {
      readonly kind: 'command'
      readonly name: string
      readonly command: Command
      /** Behind the name. */
      readonly words: readonly Word[]
    }
  /** Nothing was typed. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'mistyped'; readonly message: string }

/** Which command a line is for. */
export function findCommand(text: string, commands: CommandIndex): Found {
  const tokens = readCommand(text)
  if (tokens.kind === 'wrong') return { kind: 'mistyped', message: `${tokens.message} ${code(tokens.where)}` }
  return findIn(tokens.words, commands)
}

export function findIn(words: readonly Word[], commands: CommandIndex): Found {
  const [first, ...behind] = words
  if (first === undefined) return { kind: 'nothing' }
  const name = commands.get(first.text) === null ? withoutStop(first.text) : first.text
  const command = commands.get(name)
  if (command !== null) return { kind: 'command', name: name.toLowerCase(), command, words: behind }
  if (/^(?:--help|-h|\?)$/.test(first.text)) return { kind: 'nothing' }
  const typed = code(first.text.slice(0, 60))
  const near = nearest(first.text, commands.names)
  const nearby = near === null ? undefined : commands.get(near)?.about
  if (near === null || nearby === undefined) {
    return { kind: 'mistyped', message: `There is no command ${typed}. ${validNames(commands)}` }
  }
  const message = `There is no command ${typed}. Did you mean ${code(near)}?\n${usageText(near, nearby)}`
  return { kind: 'mistyped', message }
}

export const validNames = (commands: CommandIndex): string =>
  `The commands are ${commands.names.map(code).join(', ')}; ${helpHint}`
