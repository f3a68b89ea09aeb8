import { mutation } from '../src/command/define.ts'
import { demandRoll, roll, rollFlags, rollPositionals, type RollArgs } from '../src/command/parts/roll.ts'
import { selection, type Selection } from '../src/command/selection.ts'

export default mutation({
  summary:
    'The same as deploy, for when nothing new is to be shipped: a rolling restart, of some instances if you name them.',
  notes:
    'It is a kind of its own in the history, and a right of its own. A named instance that is stopped is started. While another instance is down, a named one waits: no more are away at once than the batch allows, counting all of the service.',
  examples: [
    'restart api production',
    'restart vape staging --batch 2 --reason "leaks memory"',
    'restart api@3 production',
    'restart api@1,3 production --dry-run',
    'restart vape staging --units',
  ],
  positionals: { what: selection(), tier: rollPositionals.tier },
  flags: rollFlags,
  forms: ['<service[,service…]> <tier>', '<service>@<i>[,<i>…] <tier>'],
  right: 'restart',
  demands: async (args, context) => demandRoll('restart', asRoll(args), context),
  answer: async (args, context) => roll('restart', asRoll(args), context, context.grants),
})

const asRoll = ({ what, ...rest }: Omit<RollArgs, 'services' | 'instances'> & { what: Selection }): RollArgs => ({
  ...rest,
  ...what,
})
