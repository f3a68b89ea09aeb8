import { pidFileOf } from './kept-bot.ts'
import { createJournalReader } from './journal.ts'
import type { DemoOptions } from './options.ts'
import type { Tell } from './printer.ts'
import { runCommand } from './run-command.ts'
import { channels, etcdPrefix, people, type Stage } from './stage.ts'
import { watchSlack } from './watch-slack.ts'

/** Runs the commands on a stage that is up. Returns whether all of them came to a good end. */
export async function runCommands(stage: Stage, options: DemoOptions, tell: Tell): Promise<boolean> {
  const journal = createJournalReader(stage.etcdHttp, etcdPrefix)
  const watch = watchSlack(stage.slack, stage.slack.app.botUserId, channels, tell)
  const user = isPerson(options.user) ? options.user : 'ann'
  if (options.own) {
    const next = stage.shop.builds('bartnet').find(({ tag }) => tag === 'v2')
    if (next === undefined) throw new Error('nothing was built of bartnet since v1')
    await stage.shop.push('bartnet', 'production', next)
    tell({ kind: 'text', text: `\nSomebody pushed bartnet ${next.version} as quay.io/opsee/bartnet:production.` })
  }
  let allWell = true
  try {
    for (const command of options.commands) {
      const end = await runCommand({ stage, journal, watch, tell }, user, command)
      tell({ kind: 'ended', command, ...end })
      allWell &&= end.ok
    }
  } finally {
    watch.stop()
  }
  return allWell
}

export const isPerson = (name: string): name is keyof typeof people => Object.hasOwn(people, name)

/** What a person can do now. */
export function invitation(stage: Stage, dir: string): string {
  const production = stage.shop.fleets.get('production')
  return `
The Slack is at ${stage.slack.url}: choose who you are (ann deploys everything, bob only to staging), open
#deploys and try
  /opsee status                       every service at a glance
  /opsee deploy api staging v2        a build by its tag; then /opsee promote api staging production
  /opsee deploy api production v3     a bad one: it rolls back, unless you stop it
  /opsee releases production, /opsee diff api staging production, /opsee builds api
  /opsee deploy vape staging          two sidekicks per instance go down and come up with it
  /opsee lock production "sale day"   then deploy as carol, and /opsee unlock production
  /opsee history, /opsee show 1, /opsee can deploy beavis production, /opsee help
Kill the bot in mid-rollout, in another terminal:
  kill -9 $(cat ${pidFileOf(dir)})
The demo starts it again. Watch the thread: the bot goes on with the rollout within about 12 s, and repeats no step.
Make something go wrong, in another terminal, and deploy:
  node dist/demo/fleet/lab.js ${production?.control ?? ''} unhealthy unit=bartnet@2.service
Let a build arrive, in another terminal; then click "Deploy to staging" in #deploys:
  node dist/demo/shop/push.js ${stage.registry.url} '${stage.hook}' bartnet v9
The image registry is at ${stage.registry.url}: each service has the builds v1 and v2, api a bad v3.
Configuration and log of the bot: ${stage.config}, ${stage.bot.log}
Ctrl-C ends everything.`
}
