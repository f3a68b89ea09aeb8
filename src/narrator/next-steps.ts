import type { Rollout } from '../domain/rollout.ts'

/** The commands that make sense once it has ended without success. */
export function nextStepsText(rollout: Rollout): string {
  const { id, plan, next } = rollout
  const left = rollout.instances.filter((one) => one.stage !== 'done').length
  const steps = [
    ...(left > 0
      ? [
          `\`/opsee retry ${id}\` rolls the ${left} that ${left === 1 ? 'is' : 'are'} left${next.length > 0 ? `, and then ${next.join(', ')}` : ''}`,
        ]
      : []),
    `\`/opsee status ${plan.service} ${plan.tier}\` shows what runs`,
    `\`/opsee show ${id}\` shows every step`,
  ]
  return `Next: ${steps.join('; ')}.`
}
