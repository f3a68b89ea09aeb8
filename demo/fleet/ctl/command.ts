import { FLAGS } from './flags.ts'

export type CommandName =
  { readonly kind: 'known'; readonly name: string } | { readonly kind: 'unknown'; readonly message: string }

/** A whole command name, or a beginning that only one command has. */
export function resolveCommand(word: string): CommandName {
  const names = Object.keys(FLAGS.local).sort()
  if (names.includes(word)) return { kind: 'known', name: word }
  const begun = names.filter((name) => name.startsWith(word))
  const [only] = begun
  if (begun.length === 1 && only !== undefined) return { kind: 'known', name: only }
  const near = names.filter(
    (name) => name !== 'verify' && (name.startsWith(word.toLowerCase()) || distance(name, word.toLowerCase()) <= 2),
  )
  const hint = near.length === 0 ? '' : `\n\nDid you mean this?\n${near.map((name) => `\t${name}\n`).join('')}`
  return { kind: 'unknown', message: `unknown command "${word}" for "fleetctl"${hint}` }
}

/** Levenshtein's distance. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, j) => j)
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same))
    }
    row = next
  }
  return row[other.length] ?? 0
}
