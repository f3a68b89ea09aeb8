import { durationText } from './duration.ts'
import type { Plan } from './plan.ts'
import { releaseText, shortDigest, type Proof } from './release.ts'
import { whereText } from './release-words.ts'
import { words } from './wording.ts'

/** What a plan says of its release: nothing, where nothing is known of releases. Escaped. */
export function releasePlanLines({ release, rollback, canary, canarySteadyMs }: Plan): readonly string[] {
  const steady = canary && canarySteadyMs > 0 ? [`The canary must serve for ${durationText(canarySteadyMs)}.`] : []
  if (release === null) return steady
  const { at, from, to, proof } = release
  const move =
    from === to.digest
      ? `it is what ${whereText(at)} names`
      : `${whereText(at)} is moved to it first, from ${from === null ? 'nothing' : shortDigest(from)}`
  const back =
    rollback === null
      ? []
      : [
          `Should it fail, it rolls back to ${words(releaseText(rollback.to))} after ${durationText(rollback.afterMs)}, unless a person stops that.`,
        ]
  return [`Release ${words(releaseText(to))}: ${words(move)}. ${checkText(proof)}`, ...steady, ...back]
}

function checkText(proof: Proof): string {
  switch (proof.by) {
    case 'health':
    case 'label':
      return 'Each instance must say in its health answer that it runs it.'
    case 'key':
      return 'Each instance must write to its key that it runs it.'
    case 'none':
      return 'Which release an instance runs is unverified: there is no way to ask.'
  }
}
