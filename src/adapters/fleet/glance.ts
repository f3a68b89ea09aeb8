import { createHash } from 'node:crypto'
import type { Endpoints } from './endpoints.ts'
import type { Fleetctl } from './fleetctl.ts'
import { unitFields } from './parse.ts'

/** What tells two answers of `list-units` apart. */
export const reportsDigest = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The words after fleetctl's own flags. */
export const listOf = (verb: string, fields: string): readonly string[] => [
  verb,
  '--full',
  '--no-legend',
  '--fields',
  fields,
]

/**
 * One list instead of three, from the endpoint that a look would ask first: the digest of what is reported, to be held
 * against that of the last look. Null when there was no whole answer. Never rejects.
 */
export async function glance(
  parts: { readonly fleetctl: Fleetctl; readonly endpoints: Endpoints; readonly now: number },
  limit: { readonly timeLimitMs: number; readonly signal: AbortSignal },
): Promise<string | null> {
  const [endpoint] = parts.endpoints.order(parts.now)
  if (endpoint === undefined) return null
  const result = await parts.fleetctl(endpoint, listOf('list-units', unitFields), limit)
  return result.kind === 'exited' && result.rc === 0 ? reportsDigest(result.stdout) : null
}
