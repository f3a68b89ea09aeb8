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

/** A move of the wanted release that was told counts as done. */
export const moveBelieved: readonly Edit[] = [
  {
    file: 'rollout/step-release.js',
    from: "if (seen?.kind === 'known' && seen.digest === aim.to.digest) {",
    to: "if (seen?.kind === 'known' && (seen.digest === aim.to.digest || release.stage === 'moving')) {",
  },
]

/** Whoever is healthy runs what it should. */
export const notVerified: readonly Edit[] = [
  { file: 'rollout/step-release.js', from: "if (aim.proof.by === 'none') {", to: "if (aim.proof.by !== 'nothing') {" },
]

/** What was well before is kept as what is well now. */
export const currentOfBefore: readonly Edit[] = [
  {
    file: 'rollout/ending.js',
    from: 'const release = plan.release?.to ?? null;',
    to: 'const release = plan.rollback?.to ?? null;',
  },
]

/** It is taken back to the release that failed. */
export const takenBackToItself: readonly Edit[] = [
  { file: 'domain/aim.js', from: 'to: back.to }', to: 'to: release.to }' },
]

/** Who was started again before the wanted release was back stays on what it got then. */
export const notRolledAgain: readonly Edit[] = [
  { file: 'rollout/roll-again.js', from: 'if (!isTakenBack(rollout) ||', to: 'if (true ||' },
]

/** Its last words are of what was planned. */
export const notLookedAtLast: readonly Edit[] = [
  { file: 'rollout/finish.js', from: 'keepLastLook(draft, seen);', to: '' },
]

/** An instance that is done is not looked at any more. */
export const doneForgotten: readonly Edit[] = [
  {
    file: 'rollout/watch-proven.js',
    from: "if (instance.stage === 'done')",
    to: "if (instance.stage === 'forgotten')",
  },
]

/** A scale down removes the lowest numbers. */
export const lowestRemoved: readonly Edit[] = [
  {
    file: 'rollout/plan-scale.js',
    from: 'numberOf(a.unit, input) - numberOf(b.unit, input)',
    to: 'numberOf(b.unit, input) - numberOf(a.unit, input)',
  },
]

/** What was destroyed to be made anew is not made. */
export const notMadeAnew: readonly Edit[] = [
  { file: 'rollout/step-removal.js', from: "if (task === 'renew') {", to: "if (task === 'renewed') {" },
]

/** Whoever takes a rollout over starts its preparation. */
export const preparedAgain: readonly Edit[] = [
  { file: 'rollout/preparation-watch.js', from: '!mine || ', to: '' },
  {
    file: 'rollout/driver.js',
    from: "advanced.kind === 'stored' ? advanced.loaded : await journal.load(this.#own.id);",
    to: "advanced.kind === 'stored' ? advanced.loaded : await journal.load(this.#own.id); if (this.#loaded !== null) this.#follow(this.#loaded.rollout);",
  },
]

/** A preparation that has ended has ended well. */
export const anyEndIsWell: readonly Edit[] = [
  { file: 'rollout/preparation-watch.js', from: "end.kind === 'exit' && end.code === 0", to: "end.kind === 'exit'" },
]

/** Whoever waits begins, whatever failed before it. */
export const failuresIgnored: readonly Edit[] = [
  { file: 'rollout/decide-wait.js', from: 'failureObstacle(seen.failed)', to: 'failureObstacle([])' },
]
