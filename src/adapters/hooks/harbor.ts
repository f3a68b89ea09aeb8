import { z } from 'zod'
import { tagSchema } from '../../domain/build.ts'
import { digestSchema } from '../../domain/release.ts'
import type { BuildArrived } from '../../ports/builds.ts'
import { mostBuilds, mostTags, wrong, type ParsedHook } from './parsed.ts'

/**
 * Harbor's webhook in its format "Default" (goharbor/harbor, src/pkg/notifier/model/event.go). One resource for each tag; a
 * push without a tag has its digest in the place of one.
 */
const schema = z.object({
  type: z.string(),
  occur_at: z.int(),
  event_data: z.object({
    resources: z
      .array(
        z.object({
          digest: digestSchema,
          tag: z.union([digestSchema, tagSchema]),
          resource_url: z.string().min(1).max(1000),
        }),
      )
      .min(1)
      .max(mostTags),
  }),
})

export function parseHarbor(payload: unknown): ParsedHook {
  const event = z.object({ type: z.string() }).safeParse(payload)
  if (event.success && event.data.type !== 'PUSH_ARTIFACT')
    return { kind: 'nothing', why: 'only PUSH_ARTIFACT is heard' }
  const parsed = schema.safeParse(payload)
  if (!parsed.success) return wrong(parsed.error)
  const { occur_at: at, event_data: data } = parsed.data
  const builds = new Map<string, BuildArrived>()
  for (const { digest, tag, resource_url: url } of data.resources) {
    const repository = repositoryOf(url)
    const key = `${repository}@${digest}`
    const known = builds.get(key)?.tags ?? []
    const tags = digestSchema.safeParse(tag).success ? known : [...known, tag]
    const delivery = `${at}@${digest}`
    builds.set(key, { repository, tags, digest, revision: null, sender: 'harbor', delivery })
  }
  if (builds.size > mostBuilds) return { kind: 'wrong', why: `event_data.resources: more than ${mostBuilds} images` }
  return { kind: 'builds', builds: [...builds.values()] }
}

/** `harbor.example.com/opsee/api` of `harbor.example.com/opsee/api:v2` or `…@sha256:…`. */
const repositoryOf = (url: string): string =>
  url
    .replace(/^https?:\/\//, '')
    .replace(/@sha256:[0-9a-f]{64}$/, '')
    .replace(/:[A-Za-z0-9_][A-Za-z0-9._-]*$/, '')
