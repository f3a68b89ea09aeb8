import { etcdAway } from './etcd.ts'
import { garbage } from './garbage.ts'
import { botKilled } from './killed.ts'
import { redeliveries } from './redelivered.ts'
import { slackAway } from './slack-failing.ts'
import { sharedWorld } from './support/shared-world.ts'

/** As `journeys.test.ts`, while the bot, etcd, Slack or a record in etcd fails. */
const world = sharedWorld()

slackAway(world)
redeliveries(world)
etcdAway(world)
botKilled(world)
garbage(world)
