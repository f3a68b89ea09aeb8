import type { Edit } from './mutant.ts'

/** Ways to break the engine, each of which breaks one promise. */

/** A process that lost its lease goes on all the same, and the store lets it. */
export const noLeaseCheck: readonly Edit[] = [
  { file: 'rollout/driver.js', from: 'AbortSignal.any([own.lease.lost, stop])', to: 'stop' },
  { file: 'rollout/driver.js', from: 'AbortSignal.any([this.#own.lease.lost, late])', to: 'late' },
  { file: 'rollout/driver.js', from: 'if (this.#own.lease.lost.aborted)', to: 'if (this.#stop.aborted)' },
  {
    file: 'rollout/driver.js',
    from: 'AbortSignal.any([own.lease.lost, this.#wishes.aborted])',
    to: 'AbortSignal.any([stop, this.#wishes.aborted])',
  },
  {
    file: 'rollout/driver.js',
    from: '? this.#own.lease.lost : this.#lostOrAborted',
    to: '? this.#stop : this.#lostOrAborted',
  },
  { file: 'rollout/calls.js', from: 'lease.remainingMs() <= longest', to: 'lease === null' },
  {
    file: 'rollout/journal.js',
    from: "{ kind: 'owned', key: keys.owner(own.id), created: own.token },\n                    { kind: 'unchanged'",
    to: "{ kind: 'unchanged'",
  },
  {
    file: 'rollout/journal.js',
    from: "owner?.created === own.token ? { kind: 'moved' } : { kind: 'fenced' }",
    to: "{ kind: owner === null ? 'moved' : 'moved' }",
  },
]

/** The calls of a step are made, and then it is recorded. */
export const doneBeforeRecorded: readonly Edit[] = [
  {
    file: 'rollout/driver.js',
    from: 'const advanced = await journal.advance(this.#own, loaded, decision.rollout, await',
    to: 'await this.#calls.makeAll(decision.calls, { halt: this.#halt, calledOff }, async () => true);\n        const advanced = await journal.advance(this.#own, loaded, decision.rollout, await',
  },
  {
    file: 'rollout/driver.js',
    from: 'makeAll(decision.calls, { halt: this.#cut',
    to: 'makeAll([], { halt: this.#cut',
  },
]

/** One more is taken away at once than the plan says. */
export const oneTooMany: readonly Edit[] = [
  {
    file: 'rollout/serving.js',
    from: 'counted.length + 1 <= rollout.plan.atOnce',
    to: 'counted.length <= rollout.plan.atOnce',
  },
  {
    file: 'rollout/plan-parts.js',
    from: 'const batch = instances.slice(from, from + size);\n        from += size;\n        return batch;\n    });',
    to: 'const batch = instances.slice(from, from + size + 1);\n        from += size + 1;\n        return batch;\n    }).filter((batch) => batch.length > 0);',
  },
]

/** The line that says how it ended is passed over. */
export const endNotTold: readonly Edit[] = [
  {
    file: 'narrator/tell.js',
    from: 'const line = lineOf(event, rollout);',
    to: "const line = event.fact.kind === 'ended' ? null : lineOf(event, rollout);",
  },
]

/** Whatever is told to start is told so twice. */
export const startedTwice: readonly Edit[] = [
  {
    file: 'rollout/calls.js',
    from: ': await scheduler[call.verb](call.unit, calledOff);',
    to: ': (call.verb === "start" && (await scheduler.start(call.unit, calledOff)), await scheduler[call.verb](call.unit, calledOff));',
  },
]

/** The first instance is stopped before what it pulls was moved. */
export const stoppedBeforeMoved: readonly Edit[] = [
  {
    file: 'rollout/decide.js',
    from: 'if (!settleRelease(draft, look) ||',
    to: "if ((draft.rollout.instances.some(({ stage }) => stage !== 'waiting') && !settleRelease(draft, look)) ||",
  },
]

/** Whatever an instance says that it runs is taken for what it should run. */
export const releaseNotProven: readonly Edit[] = [
  {
    file: 'rollout/step-release.js',
    from: 'says === null ? null : digestFor(proof, says, rollout)',
    to: 'says === null ? null : aimOf(rollout).to.digest',
  },
]

/** An instance that is done is never looked at again. */
export const doneForgotten: readonly Edit[] = [
  { file: 'rollout/decide.js', from: 'watchProven(draft, look);', to: '' },
  {
    file: 'rollout/finish.js',
    from: 'const away = instances.filter((one) => !isMissing(one) && !serves(one, draft.rollout, look));',
    to: 'const away = [];',
  },
  {
    file: 'rollout/finish.js',
    from: "one.stage === 'done' && !isMissing(one) && !isProven(one.unit, draft, look)",
    to: 'one.stage === null',
  },
]
