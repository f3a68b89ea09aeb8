import { z } from 'zod'
import { tagSchema } from '../../domain/build.ts'
import { wrong, type ParsedHook } from './parsed.ts'

/** Docker Hub's webhook of a push (docs.docker.com/docker-hub/repos/manage/webhooks). It names no digest; `pushed_at` is in seconds. */
const schema = z.object({
  push_data: z.object({ tag: tagSchema, pushed_at: z.number().optional() }),
  repository: z.object({ repo_name: z.string().min(1).max(500) }),
})

export function parseDockerHub(payload: unknown): ParsedHook {
  const parsed = schema.safeParse(payload)
  if (!parsed.success) return wrong(parsed.error)
  const { push_data: push, repository } = parsed.data
  const delivery = push.pushed_at === undefined ? null : `${push.tag}@${push.pushed_at}`
  const rest = { digest: null, revision: null, sender: 'dockerhub', delivery } as const
  return { kind: 'builds', builds: [{ repository: `docker.io/${repository.repo_name}`, tags: [push.tag], ...rest }] }
}
