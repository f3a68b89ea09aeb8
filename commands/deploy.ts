import { mutation } from '../src/command/define.ts'
import { releaseReference } from '../src/command/release-reference.ts'
import { demandRoll, roll, rollFlags, rollPositionals } from '../src/command/parts/roll.ts'

export default mutation({
  summary: 'Replaces every instance of a service, one batch at a time, and waits for each to be healthy.',
  notes:
    'Deploying is restarting: each start pulls the image of the tier. With a release its tag (or key) is moved to it first, and each instance must say that it runs it. Several services roll one after the other and stop at the first failure.',
  examples: [
    'deploy api production',
    'deploy api production v2',
    'deploy api,vape staging --batch 25%',
    'deploy api production --dry-run',
    'deploy api production --units',
    'deploy api production --canary 1 --reason "new billing"',
  ],
  positionals: { ...rollPositionals, release: releaseReference() },
  flags: rollFlags,
  right: 'deploy',
  demands: async (args, context) => demandRoll('deploy', { ...args, instances: null }, context),
  answer: async (args, context) => roll('deploy', { ...args, instances: null }, context, context.grants),
})
