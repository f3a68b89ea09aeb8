import type { WaitsFor } from './rollout.ts'
import { series } from './wording.ts'

/** What a rollout waits for, as a clause: "place 2 in the queue: rollout 12 is under way there, and rollout 13 waits before it". Not escaped. */
export function waitsForText(waits: WaitsFor, tier: string): string {
  switch (waits.kind) {
    case 'turn': {
      const { live, ahead } = waits
      const rolls = live === null ? [] : [`rollout ${live} is under way there`]
      const waiting =
        ahead.length === 0 ? [] : [`${rolloutsText(ahead)} ${ahead.length === 1 ? 'waits' : 'wait'} before it`]
      return `place ${ahead.length + 1} in the queue: ${[...rolls, ...waiting].join(', and ')}`
    }
    case 'limit': {
      const first =
        waits.before.length === 0
          ? ''
          : `, and ${rolloutsText(waits.before)} of other services ${waits.before.length === 1 ? 'comes' : 'come'} first`
      return `first in the queue, but no more than ${waits.limit} may run at once in ${tier}${first}`
    }
    case 'hold':
      return `first in the queue, but ${waits.reason}`
    case 'answer':
      return `first in the queue, but it cannot be checked yet: ${waits.reason}`
    case 'yes':
      return waits.obstacles.length === 0
        ? 'first in the queue, but its plan changed while it waited: a person must say yes to the new one'
        : `first in the queue, but ${waits.obstacles.map((one) => one.message).join('; ')}: a person must say yes to that`
  }
}

export const rolloutsText = (ids: readonly number[]): string =>
  `${ids.length === 1 ? 'rollout' : 'rollouts'} ${series(ids.map(String))}`
