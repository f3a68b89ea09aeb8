import { mutation } from '../src/command/define.ts'
import { service } from '../src/command/fields.ts'
import { instanceCount } from '../src/command/instance-count.ts'
import { demandRoll, roll, rollFlags, rollPositionals } from '../src/command/parts/roll.ts'

interface Typed {
  readonly service: string
  readonly tier: string
  readonly n: number
}

export default mutation({
  summary:
    'Makes a service have so many instances: adds the lowest free numbers, or removes the highest, a batch at a time.',
  notes:
    'A new instance is made from the template in fleet, and must prove itself as in a deploy before the next one. A removed one is stopped and destroyed, after its sidekicks. A stopped one that counts is started. An abort leaves what runs, takes back what was half started, and brings back what was not destroyed yet.',
  examples: [
    'scale api production 5',
    'scale vape staging 2 --dry-run',
    'scale api production 3 --reason "sale is over"',
  ],
  positionals: { service: service(), tier: rollPositionals.tier, n: instanceCount() },
  flags: {
    batch: { ...rollFlags.batch, help: 'Instances added or removed together; as configured unless given.' },
    dryRun: rollFlags.dryRun,
    reason: rollFlags.reason,
    force: rollFlags.force,
  },
  right: 'scale',
  demands: async (args, context) => demandRoll('scale', { ...args, ...asRoll(args) }, context),
  answer: async (args, context) => roll('scale', { ...args, ...asRoll(args) }, context, context.grants),
})

/** What is added or removed is careful enough: there is no canary. */
const asRoll = (args: Typed) => ({ services: [args.service], instances: null, canary: 0, to: args.n })
