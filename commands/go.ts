import { demand, mutation } from '../src/command/define.ts'
import { optional, rest, tier } from '../src/command/fields.ts'
import { doneForAll, failed, refused } from '../src/command/text.ts'
import { ago, count, personText, series, words } from '../src/domain/wording.ts'

export default mutation({
  summary: 'Lifts the stop of a tier: what it held goes on where it stands.',
  notes: 'What somebody paused by itself stays paused: `resume` is for that.',
  examples: ['go production', 'go production "checkout is well again"'],
  positionals: { tier: tier(), why: optional(rest({ word: 'why…', help: 'Stands in every thread that goes on.' })) },
  flags: {},
  right: 'go',
  async demands(args) {
    return demand({ right: 'go', scope: { kind: 'tier', tier: args.tier }, owner: null })
  },
  async answer(args, { grants, read, request }) {
    const [grant] = grants
    if (grant === undefined) return failed('Nothing was lifted: nothing was granted.')
    const now = read.now()
    const result = await grant.may.go(args.why)
    if (result.kind === 'not-stopped') {
      const { last } = result
      const before = last === null ? '' : ` ${personText(last.by)} lifted the last stop ${ago(last.at, now)}.`
      return refused(`${args.tier} is not stopped: nothing to lift.${before}`)
    }
    const { stop, live } = result
    const going =
      live.length === 0 ? '' : ` ${count(live.length, 'rollout')} there (${series(live.map(String))}) may go on.`
    const why = args.why === null ? '' : ` ("${words(args.why)}")`
    return doneForAll(
      request.actor,
      (who) =>
        `▶️ ${who} lifted the stop of ${stop.tier}${why}. It was stopped by ${personText(stop.by)}, ${ago(stop.at, now)}: ${words(stop.why ?? '')}.${going}`,
      { rollouts: live },
    )
  },
})
