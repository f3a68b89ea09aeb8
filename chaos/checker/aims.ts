import type { Asked } from './evidence.ts'
import type { Story, Version } from './story.ts'

/** Whose digest a rollout brings to its instances at this version; null where it knows of none. */
export function aimAt({ is }: Version): string | null {
  const { release, rollback } = is.plan
  return is.rollback?.stage === 'going' ? (rollback?.to.digest ?? null) : (release?.to.digest ?? null)
}

/** Whether somebody asked what is at this path. */
export const isLook = ({ method, path }: Asked, at: string): boolean =>
  (method === 'HEAD' || method === 'GET') && path === at

/** The path of the tag that a rollout is about; null where it is about none. */
export function pathOf({ begun }: Story): string | null {
  const release = begun?.is.plan.release ?? null
  if (release === null) return null
  const { image, tag } = release.at
  return `/v2/${image.slice(image.indexOf('/') + 1)}/manifests/${tag}`
}
