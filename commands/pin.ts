import type { Reply } from '../src/command/context.ts'
import { answer, demand, mutation, type QueryContext } from '../src/command/define.ts'
import { rest, service, tier } from '../src/command/fields.ts'
import { pinnedText } from '../src/command/parts/pin-text.ts'
import { notThere, scopeOf } from '../src/command/parts/scopes.ts'
import { describedAs } from '../src/command/parts/target-releases.ts'
import { releaseReference } from '../src/command/release-reference.ts'
import { done, doneForAll, failed, mistyped, refused } from '../src/command/text.ts'
import { releaseText, type Release } from '../src/domain/release.ts'
import type { Pin } from '../src/domain/pin.ts'
import { isTakenBack, type Rollout } from '../src/domain/rollout.ts'
import { targetText, type Target } from '../src/domain/target.ts'
import { code, words } from '../src/domain/wording.ts'

export default mutation({
  summary: 'Holds a service in a tier to one release: no other is rolled out there until it is unpinned.',
  notes:
    'Deploys, promotes and rollbacks to another release are refused, with your reason and past no force; restarts and scales of the pinned one go on. One that is under way with another release rests before its next instance. A rollout that takes itself back after it failed is not stopped. The last pin stands.',
  examples: ['pin api production "v3 loses orders"', 'pin api production v2 "v3 loses orders"'],
  positionals: {
    service: service(),
    tier: tier(),
    release: releaseReference(),
    why: rest({
      word: 'why…',
      help: 'What others need to know, in quotes; of more than one word where no release is named: what is wanted now is pinned then.',
    }),
  },
  flags: {},
  right: 'pin',
  async demands({ service, tier }, { catalog }) {
    const fault = notThere({ service, tier }, catalog)
    if (fault !== null) return answer(mistyped(fault))
    return demand({ right: 'pin', scope: scopeOf(service, tier), owner: null })
  },
  async answer({ service, tier, release, why }, { grants, read, request }) {
    const [grant] = grants
    if (grant === undefined) return failed('Nothing was pinned: nothing was granted.')
    const target = { service, tier }
    const found = await releaseFor(target, release, read)
    if (found.kind === 'answer') return found.reply
    const result = await grant.may.pin(found.release, why)
    const now = read.now()
    if (result.kind === 'already') return done(`Nothing was changed: ${pinnedText(result.pin, now)}`)
    const before =
      result.before === null ? [] : [`It was pinned to ${words(releaseText(result.before.release))} before.`]
    const [wanted, live] = await Promise.all([read.releases.wanted(target), read.rollouts.live(target)])
    const other =
      wanted.kind === 'known' && wanted.digest !== result.pin.release.digest
        ? [
            `Another release is wanted there now: ${code(`deploy ${service} ${tier} ${result.pin.release.digest}`)} rolls the pinned one.`,
          ]
        : []
    const rolling = live === null ? [] : [underWayText(live, result.pin)]
    const lifted = `${code(`unpin ${service} ${tier}`)} lifts that.`
    const { release: pinned, why: reason } = result.pin
    return doneForAll(request.actor, (who) => [
      `📌 ${who} pinned ${service} ${tier} to ${words(releaseText(pinned))}: ${words(reason)}. ${lifted}`,
      ...before,
      ...other,
      ...rolling,
    ])
  },
})

function underWayText(live: Rollout, pin: Pin): string {
  const { release } = live.plan
  const other = release !== null && release.to.digest !== pin.release.digest && !isTakenBack(live)
  return other
    ? `Rollout ${live.id} is under way there with another release: it rests before its next instance. ${code(`abort ${live.id}`)} ends it.`
    : `Rollout ${live.id} is under way there and goes on: ${code(`show ${live.id}`)}.`
}

type Found =
  { readonly kind: 'release'; readonly release: Release } | { readonly kind: 'answer'; readonly reply: Reply }

/** The release that was named; what is wanted now when none was. */
async function releaseFor(target: Target, reference: string | null, read: QueryContext['read']): Promise<Found> {
  const { service } = target
  const no = (reply: Reply): Found => ({ kind: 'answer', reply })
  if (read.releases.at(target) === null)
    return no(refused(`Nothing was pinned: ${words(read.releases.whyNot(service))}.`))
  if (reference !== null) {
    const resolved = await read.releases.resolve(service, reference)
    if (resolved.kind === 'release') return resolved
    if (resolved.kind === 'unavailable') {
      return no(
        failed(
          `Nothing was pinned: ${words(resolved.message)}.${resolved.permanent === true ? '' : ' Try again in a moment.'}`,
        ),
      )
    }
    return no(
      refused(`Nothing was pinned: ${words(resolved.message)}. ${code(`builds ${service}`)} lists what there is.`),
    )
  }
  const wanted = await read.releases.wanted(target)
  const where = targetText(target)
  if (wanted.kind === 'unknown') {
    return no(failed(`Nothing was pinned: nobody knows what ${where} should run now: ${words(wanted.reason)}.`))
  }
  if (wanted.digest === null) {
    return no(refused(`Nothing was pinned: nothing is wanted in ${where} now. Name the release to pin.`))
  }
  return { kind: 'release', release: await describedAs(service, wanted.digest, read) }
}
