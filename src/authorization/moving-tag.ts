import { targetText } from '../domain/target.ts'
import type { Question } from './question.ts'
import type { Denial } from './rights.ts'

/** Why a tag of a service names another image from time to time, in words; null when nothing says that it does. */
export type WhyTagMoves = (service: string, tag: string) => Promise<string | null>

/**
 * Nobody deploys a tag that moves, whatever the policy says: what was asked for could not be read from the history, nor
 * asked for again. A promotion goes on with a digest, so the tag of the tier that it comes from does not matter. Null: it
 * is no such deploy.
 */
export async function movingTagDenial({ action, scope, tag }: Question, why: WhyTagMoves): Promise<Denial | null> {
  if (action !== 'deploy' || tag === undefined || scope.kind !== 'target') return null
  const reason = await why(scope.target.service, tag)
  if (reason === null) return null
  return {
    message: `You may not deploy the tag ${tag} to ${targetText(scope.target)}: ${reason}, so nobody could tell later which image it was. Name a version such as v2, a commit or a digest instead.`,
    policies: ['moving-tag'],
    whoCould: [],
  }
}
