import type { Denial, Right } from '../authorization/rights.ts'
import type { Reply } from './context.ts'
import type { QueryContext } from './define.ts'
import { findIn, validNames } from './find.ts'
import { usageText } from './help.ts'
import { nearMiss, nearMissText } from './near-miss.ts'
import { withoutAddress } from './tokenize.ts'
import type { Word } from './word.ts'

/** Whether a person may run a command. Only looks: nothing is run, nothing recorded. */
export type Asked =
  | { readonly kind: 'mistyped'; readonly message: string }
  /** A query, or a dry run. */
  | { readonly kind: 'reads' }
  | { readonly kind: 'allowed'; readonly right: Right }
  | { readonly kind: 'denied'; readonly denials: readonly Denial[] }
  /** Its arguments stand for nothing that could be done, whoever asks: `reply` says why. */
  | { readonly kind: 'moot'; readonly reply: Reply }

export async function askAbout(words: readonly Word[], context: QueryContext): Promise<Asked> {
  const { commands, catalog, read, request } = context
  const found = findIn(withoutAddress(words), commands)
  if (found.kind === 'mistyped') return found
  if (found.kind === 'nothing') return { kind: 'mistyped', message: validNames(commands) }
  const known = { catalog, commands: commands.names }
  const mistyped = (message: string): Asked => {
    const near = nearMiss(found, commands, known)
    const usage = usageText(found.name, found.command.about)
    return { kind: 'mistyped', message: near === null ? `${message}\n${usage}` : nearMissText(message, near) }
  }
  if (found.command.kind === 'query') {
    return found.command.open((definition): Asked => {
      const parsed = definition.parse(found.words, known)
      return parsed.kind === 'mistyped' ? mistyped(parsed.message) : { kind: 'reads' }
    })
  }
  return found.command.open(async (definition): Promise<Asked> => {
    const parsed = definition.parse(found.words, known)
    if (parsed.kind === 'mistyped') return mistyped(parsed.message)
    const wanted = await definition.demands(parsed.args, context)
    if (wanted.kind === 'answer') return { kind: 'moot', reply: wanted.reply }
    const [first] = wanted.demands
    if (first === undefined) return { kind: 'reads' }
    const refusals = await Promise.all(wanted.demands.map((demand) => read.rights.refusal(request.actor, demand)))
    const denials = refusals.filter((denial) => denial !== null)
    return denials.length === 0 ? { kind: 'allowed', right: first.right } : { kind: 'denied', denials }
  })
}
