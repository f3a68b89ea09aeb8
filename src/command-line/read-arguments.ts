import { parseArgs } from 'node:util'

export type Arguments =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  /** A sentence that names the wrong word. */
  | { readonly kind: 'wrong'; readonly message: string }

/** Reads `[options] [<config.yaml>]`. `usual` is the file when no file is named. */
export function readArguments(args: readonly string[], usual: string): Arguments {
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const unknown = tokens.find(
    (token) => token.kind === 'option' && (!Object.hasOwn(options, token.name) || token.value !== undefined),
  )
  if (unknown?.kind === 'option')
    return {
      kind: 'wrong',
      message: `There is no option ${unknown.rawName}${unknown.value === undefined ? '' : ` with a value`}.`,
    }
  const named = new Set(tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : [])))
  if (named.has('help')) return { kind: 'help' }
  if (named.has('version')) return { kind: 'version' }
  const [file = usual, more] = positionals
  if (more !== undefined) return { kind: 'wrong', message: `Name one file: ${JSON.stringify(more)} is a second one.` }
  return { kind: 'file', file }
}

const options = { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'V' } } as const
