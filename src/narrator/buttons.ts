import { goesOnByItself, isOver, ownerOf, type Rollout, type WaitsFor } from '../domain/rollout.ts'
import { abortText } from '../domain/wording.ts'
import type { Button } from '../ports/chat.ts'

/** What a person may want to do about it now, each a command that is authorized when it is clicked. */
export function buttonsOf(rollout: Rollout): Button[] {
  const { id, plan } = rollout
  if (rollout.waiting !== null) return waitingButtons(rollout, rollout.waiting.for)
  if (!isOver(rollout)) {
    if (rollout.rollback?.stage === 'countdown') return countdownButtons(rollout)
    if (rollout.ending !== null) return []
    const confirm = `Abort the rollout of ${plan.service} to ${plan.tier}? Nothing new begins; ${abortText(plan)}.`
    const abort: Button = { label: 'Abort', command: `abort ${id}`, style: 'danger', confirm }
    const take: Button = {
      label: 'Take over',
      command: `take ${id}`,
      style: 'plain',
      confirm: `Take this rollout over from ${ownerName(rollout)}? You are asked and told about it from then on.`,
    }
    return [...canaryButtons(rollout), ...holdButtons(rollout), take, abort]
  }
  if (rollout.phase !== 'failed' && rollout.phase !== 'aborted') return []
  if (rollout.instances.every((one) => one.stage === 'done')) return []
  const left = rollout.instances.filter((one) => one.stage !== 'done').length
  return [{ label: `Retry the ${left} left`, command: `retry ${id}`, style: 'primary', confirm: null }]
}

function waitingButtons({ id, plan }: Rollout, waits: WaitsFor): Button[] {
  const where = `${plan.service} to ${plan.tier}`
  const leave = `Take the waiting rollout of ${where} out of the queue?`
  const abort: Button = { label: 'Abort', command: `abort ${id}`, style: 'danger', confirm: leave }
  if (waits.kind !== 'yes') return [abort]
  const start = `Start the rollout of ${where} as the thread shows it now?`
  const command = `confirm ${id} --plan ${waits.hash}`
  return [{ label: 'Start with this plan', command, style: 'primary', confirm: start }, abort]
}

/** What its whole tier waits for is no matter of one rollout: `go` has no button here. */
function holdButtons({ id, pause }: Pick<Rollout, 'id' | 'pause'>): readonly Button[] {
  if (pause === null) return [{ label: 'Pause', command: `pause ${id}`, style: 'plain', confirm: null }]
  if (pause.kind === 'stop') return []
  return [{ label: 'Resume', command: `resume ${id}`, style: 'primary', confirm: null }]
}

/** A confirmation is plain text: nobody is mentioned by it. */
function ownerName(rollout: Rollout): string {
  const { id, name } = ownerOf(rollout)
  return name ?? id
}

/** It is about to roll back: now, later or not at all. */
function countdownButtons({ id, plan, pause }: Rollout): Button[] {
  const leave: Button = {
    label: 'Leave it as it is',
    command: `abort ${id}`,
    style: 'danger',
    confirm: `Leave ${plan.service} in ${plan.tier} as it failed? Nothing is rolled back then.`,
  }
  if (pause !== null) return [...holdButtons({ id, pause }), leave]
  return [
    { label: 'Roll back now', command: `continue ${id}`, style: 'primary', confirm: null },
    { label: 'In 5 minutes', command: `continue ${id} --in 5m`, style: 'plain', confirm: null },
    leave,
  ]
}

/** Between the canary and the next batch. */
const canaryButtons = (rollout: Rollout): readonly Button[] =>
  goesOnByItself(rollout) && rollout.batch === 1 && rollout.pause === null
    ? [{ label: 'Go on now', command: `continue ${rollout.id}`, style: 'primary', confirm: null }]
    : []
