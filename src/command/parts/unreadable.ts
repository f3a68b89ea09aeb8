import { unreadableText, type Unreadable } from '../../domain/unreadable.ts'
import { words } from '../../domain/wording.ts'
import { unreadableIn } from '../../store/record.ts'

/** Records that one answer names at the most. */
const mostNamed = 10

/** A line for each record that could not be read, each record once. Escaped. */
export function unreadableLines(faults: readonly Unreadable[]): readonly string[] {
  const once = [...new Map(faults.map((one) => [one.key, one])).values()]
  const left = once.length - mostNamed
  return [
    ...once.slice(0, mostNamed).map((one) => `⚠️ ${words(unreadableText(one))}.`),
    ...(left > 0 ? [`⚠️ ${left} more records in etcd cannot be read.`] : []),
  ]
}

/** Those that concern the tier, by their keys (`pins/<tier>/…`); those of no tier too. */
export const concerning = (tier: string | null, faults: readonly Unreadable[]): readonly Unreadable[] =>
  faults.filter(({ key }) => {
    const [root = '', of = ''] = key.split('/')
    return tier === null || !ofTiers.has(root) || of === tier
  })

const ofTiers = new Set(['locks', 'pins', 'stops', 'targets', 'history', 'drift'])

/** What was read, or which record could not be. Every other error is thrown. */
export type Readable<T> =
  { readonly kind: 'read'; readonly value: T } | { readonly kind: 'unreadable'; readonly fault: Unreadable }

export async function readable<T>(reading: Promise<T>): Promise<Readable<T>> {
  try {
    return { kind: 'read', value: await reading }
  } catch (error) {
    return { kind: 'unreadable', fault: unreadableIn(error) }
  }
}

/** The fault alone; nothing when it was read. */
export const faultIn = <T>(one: Readable<T>): readonly Unreadable[] => (one.kind === 'read' ? [] : [one.fault])
