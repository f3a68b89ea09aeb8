import { durationText } from '../domain/duration.ts'
import type { Plan } from '../domain/plan.ts'
import { deedOf, words } from '../domain/wording.ts'

/** How each instance must prove itself, as the line of the plan says it. Escaped. */
export function proofText(plan: Plan): string {
  const deadline = durationText(plan.progressDeadlineMs)
  return deedOf(plan) === 'removed'
    ? `Each is stopped and destroyed, its sidekicks before it; without one that is gone for ${deadline} it stops.`
    : `Each must ${gateText(plan)} for ${durationText(plan.settleMs)}; without a newly healthy one for ${deadline} it stops.`
}

function gateText({ gate }: Plan): string {
  switch (gate.kind) {
    case 'http':
      return `run and answer well at ${portText(gate.port, words(gate.path))}`
    case 'tcp':
      return `run and accept connections at ${portText(gate.port, '')}`
    case 'none':
      return 'run'
  }
}

const portText = (port: number | 'announced', path: string): string =>
  port === 'announced' ? `${path}${path === '' ? '' : ' on '}the port that it announces` : `:${port}${path}`
