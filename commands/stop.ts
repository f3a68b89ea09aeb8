import { demand, mutation } from '../src/command/define.ts'
import { rest, tier } from '../src/command/fields.ts'
import { stoppedText } from '../src/command/parts/stop-text.ts'
import { done, doneForAll, failed } from '../src/command/text.ts'
import { code, count, series, words } from '../src/domain/wording.ts'

export default mutation({
  summary: 'Stops the line: everything that rolls in a tier rests at its next safe point, and nothing new begins.',
  notes:
    'It holds for everybody, whoever began what and whoever stopped it, until somebody types `go`. `lock` holds others alone.',
  examples: ['stop production "checkout is down"'],
  positionals: {
    tier: tier(),
    why: rest({ word: 'why…', help: 'What others need to know; it stands in every thread.' }),
  },
  flags: {},
  right: 'stop',
  async demands(args) {
    return demand({ right: 'stop', scope: { kind: 'tier', tier: args.tier }, owner: null })
  },
  async answer(args, { grants, read, request }) {
    const [grant] = grants
    if (grant === undefined) return failed('Nothing was stopped: nothing was granted.')
    const result = await grant.may.stop(args.why)
    if (result.kind === 'already') return done(`Nothing was changed. ${stoppedText(result.stop, read.now())}`)
    const { stop, live } = result
    const held =
      live.length === 0
        ? 'Nothing rolls there now.'
        : `${count(live.length, 'rollout')} there (${series(live.map(String))}) rest${live.length === 1 ? 's' : ''} as soon as what is under way has come to its end.`
    return doneForAll(
      request.actor,
      (who) =>
        `🛑 ${who} stopped all of ${stop.tier}: ${words(stop.why ?? '')}. Nothing new begins there, for anybody. ${held} ${code(`go ${stop.tier}`)} lifts it.`,
      { rollouts: live },
    )
  },
})
