import type { z } from 'zod'
import type { BuildArrived } from '../../ports/builds.ts'

/** What a payload says. */
export type ParsedHook =
  | { readonly kind: 'builds'; readonly builds: readonly BuildArrived[] }
  /** It is well, and tells of no build. `why` is for whoever looks at the sender's log. */
  | { readonly kind: 'nothing'; readonly why: string }
  /** It is not what this sender sends. */
  | { readonly kind: 'wrong'; readonly why: string }

/** Builds that one delivery may tell of. */
export const mostBuilds = 20
/** Tags that one build may have. */
export const mostTags = 50

/** The first fault, with its place. */
export function wrong(error: z.ZodError): ParsedHook {
  const [issue] = error.issues
  const place = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `
  return { kind: 'wrong', why: `${place}${issue?.message ?? 'not what was expected'}`.slice(0, 200) }
}
