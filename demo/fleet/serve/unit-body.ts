import { z } from 'zod'
import type { JobState } from '../cluster/registry.ts'
import type { UnitOption } from '../units/lex.ts'

const Body = z.object({
  desiredState: z.enum(['inactive', 'loaded', 'launched']).or(z.literal('')).default(''),
  options: z.array(z.object({ section: z.string(), name: z.string(), value: z.string() })).default([]),
})

/** The body of `PUT /fleet/v1/units/<name>`, or null when it is not one. */
export function parseUnitBody(
  text: string,
): { readonly desiredState: JobState | null; readonly options: readonly UnitOption[] } | null {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return null
  }
  const parsed = Body.safeParse(json)
  if (!parsed.success) return null
  const { desiredState, options } = parsed.data
  return { desiredState: desiredState === '' ? null : desiredState, options }
}
