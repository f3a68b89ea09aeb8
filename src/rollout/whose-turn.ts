import { rolledNow } from '../domain/aim.ts'
import { intendedCount } from '../domain/plan.ts'
import { inFlight, type InstanceState } from '../domain/rollout.ts'
import type { Draft } from './draft.ts'
import type { Look } from './look.ts'
import { mayBegin } from './may-begin.ts'
import { awayBeside, isMissing, isSurelyDown, obstacleTo } from './serving.ts'
import { changedSince } from './since-planned.ts'
import { takenAway } from './taken-away.ts'

/**
 * Instances of this batch that may not begin because others are away, while those others wait for a later batch: nobody would ever
 * begin. One that is down changes places with one of them, as it takes nobody's service away; one that somebody stopped or
 * destroyed is not for this rollout to start, and ends it: then true.
 */
export function giveWay(draft: Draft, look: Look): boolean {
  const { rollout } = draft
  const waiting = rolledNow(rollout).filter((one) => one.stage === 'waiting' && !isMissing(one))
  const blocked = waiting.filter((one) => one.batch === rollout.batch && obstacleTo(rollout, one.unit, look) !== null)
  const moving = rollout.instances.some((one) => one.batch === rollout.batch && inFlight(one))
  if (blocked.length === 0 || moving) return false
  const later = waiting.filter((one) => one.batch > rollout.batch)
  const taken = later.find(({ unit }) => isTakenAway(draft, unit, look))
  if (taken !== undefined) return mayBegin(draft, taken.unit, look) === 'never'
  if (endForLost(draft, blocked[0]?.unit ?? '', look)) return true
  const down = later.filter(({ unit }) => isDownForGood(draft, unit, look))
  for (const [index, one] of blocked.entries()) {
    const first = down[index]
    if (first !== undefined) change(draft, first, one)
  }
  return false
}

/** It waits for nothing but instances that somebody took away and that are no part of this rollout: they will not come back. */
function endForLost(draft: Draft, blocked: string, look: Look): boolean {
  const { plan } = draft.rollout
  const away = awayBeside(draft.rollout, blocked, look)
  if (away.length === 0 || !away.every((unit) => plan.others.includes(unit) && takenAway(unit, look) !== null))
    return false
  const [are, them] = away.length === 1 ? ['is', 'it'] : ['are', 'them']
  const again = `\`scale ${plan.service} ${plan.tier} ${intendedCount(plan)}\` makes ${them} again`
  const reason = `${away.join(', ')} ${are} gone: somebody took ${them} away, and no more than ${plan.atOnce} may be away at once; ${again}`
  draft.end({ kind: 'failed', unit: null, reason, outside: true })
  return true
}

function isTakenAway(draft: Draft, unit: string, look: Look): boolean {
  const view = look.units.get(unit)
  return changedSince(draft.rollout, unit, view) !== null && (view?.wantedFor ?? 0) >= look.patience.wishViews
}

function isDownForGood(draft: Draft, unit: string, look: Look): boolean {
  const view = look.units.get(unit)
  return (
    changedSince(draft.rollout, unit, view) === null &&
    isSurelyDown(unit, draft.rollout, look) &&
    (view?.sameFor.views ?? 0) >= look.patience.views
  )
}

function change(draft: Draft, down: InstanceState, blocked: InstanceState): void {
  draft.patch(down.unit, { batch: blocked.batch })
  draft.patch(blocked.unit, { batch: down.batch })
  draft.say(`${down.unit}: is down, and goes before ${blocked.unit}`)
}
