import { afterAll, afterEach, beforeAll } from 'vitest'
import { aborts } from './abort.ts'
import { buildsArrive } from './builds.ts'
import { etcdAway } from './etcd.ts'
import { failures } from './failing.ts'
import { garbage } from './garbage.ts'
import { happyPath } from './happy-path.ts'
import { botKilled } from './killed.ts'
import { kindsOfUnits } from './kinds.ts'
import { lists } from './list.ts'
import { pauses } from './paused.ts'
import { queues } from './queue.ts'
import { redeliveries } from './redelivered.ts'
import { refusals } from './refused.ts'
import { slackAway } from './slack-failing.ts'
import { stops } from './stopped.ts'
import { openWorld, type World } from './support/world.ts'

/**
 * What a person lives through, from the slash command to the last line of the thread: the bot as a process, a real etcd,
 * local-slack, two stand-in fleets with the whole shop on them. What they claim is held against etcd's own records and
 * the fleets' own logs. All share one shop, and each leaves it whole.
 */
let opened: Awaited<ReturnType<typeof openWorld>> | null = null
const here = (): World => {
  if (opened === null) throw new Error('the shop is not open')
  return opened
}
const world: World = {
  get shop() {
    return here().shop
  },
  get records() {
    return here().records
  },
  get proxy() {
    return here().proxy
  },
}

beforeAll(async () => {
  opened = await openWorld()
}, 400_000)
afterEach(async () => {
  world.proxy.decide(() => 'well')
  for (const fleet of world.shop.shop.fleets.values()) await fleet.fault({ kind: 'clear' })
})
afterAll(async () => opened?.close(), 60_000)

refusals(world)
happyPath(world)
lists(world)
kindsOfUnits(world)
queues(world)
failures(world)
aborts(world)
pauses(world)
stops(world)
slackAway(world)
redeliveries(world)
etcdAway(world)
buildsArrive(world)
botKilled(world)
garbage(world)
