import { z } from 'zod'
import { tagSchema } from '../../domain/build.ts'
import { digestSchema } from '../../domain/release.ts'
import { mostTags, wrong, type ParsedHook } from './parsed.ts'

/** Our own shape, for build servers: docs/hooks.md. */
const schema = z
  .strictObject({
    /** With its host, without a tag. */
    repository: z.string().regex(/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+$/, 'write host and repository'),
    tags: z.array(tagSchema).max(mostTags).default([]),
    digest: digestSchema.nullable().default(null),
    /** The commit that it was built from. */
    revision: z.string().min(1).max(200).nullable().default(null),
    /** The sender's name for this build: the same each time that it is sent. */
    id: z.string().min(1).max(200).nullable().default(null),
  })
  .refine(({ tags, digest }) => tags.length > 0 || digest !== null, 'name a digest, or a tag at least')

export function parseGeneric(payload: unknown): ParsedHook {
  const parsed = schema.safeParse(payload)
  if (!parsed.success) return wrong(parsed.error)
  const { id: delivery, ...rest } = parsed.data
  return { kind: 'builds', builds: [{ ...rest, sender: 'generic', delivery }] }
}
