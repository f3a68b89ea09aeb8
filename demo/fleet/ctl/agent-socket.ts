import { existsSync } from 'node:fs'
import type { World } from './world.ts'

const NO_AGENT =
  'SSH_AUTH_SOCK environment variable is not set. Verify ssh-agent is running. ' +
  'See https://github.com/coreos/fleet/blob/master/Documentation/using-the-client.md for help.'

/** Why fleetctl cannot use an ssh agent, in its words, or null when it could. */
export function refuseAgent(world: World): string | null {
  const agent = world.env['SSH_AUTH_SOCK'] ?? ''
  if (agent === '') return NO_AGENT
  return existsSync(agent) ? null : `dial unix ${agent}: connect: no such file or directory`
}
