import { aborts } from './abort.ts'
import { buildsArrive } from './builds.ts'
import { failures } from './failing.ts'
import { happyPath } from './happy-path.ts'
import { kindsOfUnits } from './kinds.ts'
import { lists } from './list.ts'
import { pauses } from './paused.ts'
import { queues } from './queue.ts'
import { refusals } from './refused.ts'
import { stops } from './stopped.ts'
import { sharedWorld } from './support/shared-world.ts'

/**
 * A person's commands, from the slash command to the last line of the thread: the bot as a process, a real etcd,
 * local-slack, and two stand-in fleets with the whole shop on them. The tests compare its claims with etcd's own records
 * and with the fleets' own logs. `journeys-under-faults.test.ts` runs beside this file, in a shop of its own.
 */
const world = sharedWorld()

refusals(world)
happyPath(world)
lists(world)
kindsOfUnits(world)
queues(world)
failures(world)
aborts(world)
pauses(world)
stops(world)
buildsArrive(world)
