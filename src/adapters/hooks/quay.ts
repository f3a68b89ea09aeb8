import { z } from 'zod'
import { tagSchema } from '../../domain/build.ts'
import { mostTags, wrong, type ParsedHook } from './parsed.ts'

/**
 * Quay's notification of a push to a repository. `updated_tags` is a list of tags (quay/quay, notifications/notificationevent.py),
 * and was a map of tags to image ids, which are no digests. It names no digest, no delivery and no time.
 */
const schema = z.object({
  docker_url: z.string().min(1).max(500),
  updated_tags: z
    .union([z.array(tagSchema), z.record(tagSchema, z.unknown()).transform((tags) => Object.keys(tags))])
    .pipe(z.array(tagSchema).max(mostTags)),
})

export function parseQuay(payload: unknown): ParsedHook {
  // Its other events (builds queued, mirrors, vulnerabilities) have the repository and no tags that were updated.
  const other = z.object({ docker_url: z.string(), updated_tags: z.undefined().optional() }).safeParse(payload)
  if (other.success) return { kind: 'nothing', why: 'only pushes to a repository are heard' }
  const parsed = schema.safeParse(payload)
  if (!parsed.success) return wrong(parsed.error)
  const { docker_url: repository, updated_tags: tags } = parsed.data
  if (tags.length === 0) return { kind: 'nothing', why: 'no tag was updated' }
  const build = { repository, tags, digest: null, revision: null, sender: 'quay', delivery: null } as const
  return { kind: 'builds', builds: [build] }
}
