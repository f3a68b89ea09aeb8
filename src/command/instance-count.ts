import { z } from 'zod'
import { code } from '../domain/wording.ts'
import type { Field } from './fields.ts'

/** More than this is a slip of the hand. */
const most = 200

/** How many instances a service is to have: at least one. Whether there is room for so many only the fleet knows. */
export function instanceCount(): Field<number> {
  return {
    word: 'n',
    help: `How many instances there are to be, from 1 to ${most}.`,
    take: 'word',
    names: null,
    required: true,
    schema: () =>
      z.string().transform((text, context) => {
        const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
        if (value >= 1 && value <= most) return value
        context.issues.push({ code: 'custom', input: text, message: faultOf(text, value) })
        return z.NEVER
      }),
  }
}

function faultOf(text: string, value: number): string {
  const shown = code(text.slice(0, 60))
  if (value === 0) return `A service is never scaled away: 1 is the fewest. To take it out for good, use fleetctl.`
  if (value > most) return `${shown} are more instances than can be meant: ${most} are the most.`
  return `${shown} is no number of instances: write how many there are to be, such as 3.`
}
