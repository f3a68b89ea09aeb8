import { query } from '../src/command/define.ts'
import { optional, service, tier } from '../src/command/fields.ts'
import { notThere, targetsIn } from '../src/command/parts/scopes.ts'
import { driftAmong } from '../src/command/parts/target-drift.ts'
import { faultIn, readable, unreadableLines } from '../src/command/parts/unreadable.ts'
import { done, refused, table } from '../src/command/text.ts'
import { restartsAfter, restartText, type DriftMemory, type Found } from '../src/domain/drift-memory.ts'
import { lastFailureText } from '../src/domain/last-attempt.ts'
import { targetText } from '../src/domain/target.ts'
import { ago, code, count, words } from '../src/domain/wording.ts'

export default query({
  summary: 'Where what runs has parted from what should run: releases, unit files, instances, restarts.',
  notes:
    'Looked at are the tag or key that names the wanted release, what each instance says it runs, its unit file, which instances the last rollout left, and what was restarted since, by hand or by a crash. A target that rolls now is left out, and one that was never rolled out has no drift. It also looks by itself (`drift.every`), and tells the history channel when a target parts. Fleet does not tell when an instance was started: a restart is seen by those looks alone, and only where the health answer has an `identity`, or where its key or its machine changes.',
  examples: ['drift', 'drift production', 'drift api production'],
  positionals: { service: optional(service()), tier: optional(tier()) },
  flags: {},
  async answer(args, { read, catalog }) {
    if (args.service !== null && args.tier !== null) {
      const fault = notThere({ service: args.service, tier: args.tier }, catalog)
      if (fault !== null) return refused(fault)
    }
    const targets = targetsIn(catalog, args.service, args.tier)
    const { found: looked, left } = await driftAmong(targets, { read, catalog }, { processes: false })
    const now = read.now()
    const shown = await Promise.all(
      looked.map(async ({ target, found }) => {
        const remembered = found.kind === 'looked' ? await readable(read.drift.memory(target)) : null
        const memory = remembered?.kind === 'read' ? remembered.value : null
        const lines = linesOf(found, memory, now).map((text) => ({ name: targetText(target), text: words(text) }))
        const faults = remembered === null ? [] : faultIn(remembered)
        const never = found.kind === 'looked' && found.ended === null
        return { lines, never, unreadable: found.kind === 'unreadable' ? found.faults : faults }
      }),
    )
    const unreadable = unreadableLines(shown.flatMap((one) => one.unreadable))
    const quiet = shown.filter((one) => one.lines.length + one.unreadable.length === 0)
    const never = quiet.filter((one) => one.never).length
    const same = quiet.length - never
    const rest = [
      ...(same === 0 ? [] : [`${count(same, 'target')} ${same === 1 ? 'matches its' : 'match their'} last deploy.`]),
      ...(never === 0 ? [] : [`${count(never, 'target')} ${never === 1 ? 'was' : 'were'} never rolled out by Opsee.`]),
    ]
    return done([...unreadable, ...left, ...table(shown.flatMap(({ lines }) => lines)), ...rest], {
      rest: `${code('drift <tier>')} looks at one tier`,
    })
  },
})

function linesOf(found: Found, memory: DriftMemory | null, now: number): readonly string[] {
  switch (found.kind) {
    case 'away':
      return [`fleet is away: ${found.reason}`]
    case 'rolling':
      return [`rollout ${found.id} is under way`]
    case 'unreadable':
      return []
    case 'looked': {
      const known = found.ended === null ? [] : restartsAfter(memory, found.ended)
      const restarts = known.map((one) => `${restartText(one)}, seen ${ago(one.at, now)}`)
      const unseen = found.unseen === null ? [] : [`not all of it could be seen: ${found.unseen}`]
      const failure = lastFailureText(found.ended, now)
      return [...(failure === null ? [] : [failure]), ...found.findings, ...restarts, ...unseen]
    }
  }
}
