import type { Edit } from '../../chaos/mutant.ts'

/** More ways to break the engine, for what only every interleaving finds. */

/** Whoever wants to drives it. */
export const ownedByMany: readonly Edit[] = [
  { file: 'rollout/journal.js', from: "require: [{ kind: 'absent', key }],", to: 'require: [],' },
]

/** What people want is read before a step, and not compared when it is stored. */
export const wishesNotCompared: readonly Edit[] = [{ file: 'rollout/journal.js', from: '...wishes.unchanged,', to: '' }]

/** It ends at once when it is to end, whatever is under way. */
export const endedUnderWay: readonly Edit[] = [
  {
    file: 'rollout/finish.js',
    from: 'if (isOver(draft.rollout) || instances.some(inFlight))',
    to: 'if (isOver(draft.rollout) || (ending === null && instances.some(inFlight)))',
  },
]

/** A wish that was taken counts for the deed. */
export const wishBelieved: readonly Edit[] = [
  { file: 'rollout/look.js', from: 'if (view === undefined)', to: 'if (view === undefined || !isTaken(view))' },
]
