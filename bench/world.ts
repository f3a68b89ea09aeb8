import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { z } from 'zod'
import { startBot, type Bot } from '../demo/demo/bot.ts'
import { createJournalReader, type Journal } from '../demo/demo/journal.ts'
import { startWatchdog } from '../demo/demo/watchdog.ts'
import { startEtcd } from '../demo/etcd/start.ts'
import { installFleetctl } from '../demo/fleet/install.ts'
import { startFleet, type Fleet } from '../demo/fleet/start.ts'
import { createEtcdHttp } from '../demo/shop/etcd-http.ts'
import { startLocalSlack, type LocalSlack } from '../demo/slack/start.ts'
import { startBareBot } from './bare.ts'
import type { BenchOptions } from './options.ts'
import { ann, benchConfig, channel, historyChannel, liveServices, unitsOf, writeUnits } from './shop.ts'

const run = promisify(execFile)
const patienceMs = 300_000

/** Everything that is measured: the bot in its shop, and a bare bot in a Slack of its own. */
export interface BenchWorld {
  readonly root: string
  readonly fleet: Fleet
  readonly fleetctl: string
  readonly bot: Bot
  readonly slack: LocalSlack
  readonly bareSlack: LocalSlack
  readonly journal: Journal
  readonly etcdVersion: string
  /** Ends every process and removes every file. */
  close(): Promise<void>
}

export async function openBenchWorld(root: string, options: BenchOptions): Promise<BenchWorld> {
  const dir = mkdtempSync(path.join(realpathSync(tmpdir()), 'opsee-bench-'))
  const watchdog = startWatchdog(dir)
  const started: { stop(): Promise<void> }[] = []
  const keep = <T extends { readonly pid: number; stop(): Promise<void> }>(part: T): T => {
    const { pid } = part
    watchdog.process(pid)
    started.push({ stop: () => part.stop().then(() => watchdog.forget(pid)) })
    return part
  }
  const close = async (): Promise<void> => {
    // The watchdog's shell holds no process open, and this one must see its end.
    const alive = setInterval(() => undefined, 1000)
    for (const part of started.toReversed()) await part.stop().catch(() => undefined)
    await watchdog.close()
    clearInterval(alive)
  }
  try {
    const etcd = keep(await startEtcd())
    const people = { users: [{ id: ann, name: 'ann', real_name: 'Ann' }] }
    const rooms = {
      channels: [
        { id: channel, name: 'deploys' },
        { id: historyChannel, name: 'deploy-history' },
      ],
    }
    const slack = keep(await startLocalSlack({ ...people, ...rooms }))
    const bareSlack = keep(await startLocalSlack({ ...people, ...rooms }))
    const { timeScale, settleMs, memory } = options
    const fleet = keep(await startFleet({ dir: path.join(dir, 'fleet'), machines: 3, timeScale }))
    const fleetctl = installFleetctl(path.join(dir, 'bin'))
    await fill(fleet, fleetctl, writeUnits(dir, memory.rollouts), memory.rollouts)
    const config = path.join(dir, 'opsee.yaml')
    const policy = path.join(root, 'policy.cedar')
    const { endpoints } = fleet
    const given = { apiUrl: slack.apiUrl, etcd: etcd.endpoint, fleetctl, policy, endpoints, settleMs }
    writeFileSync(config, benchConfig({ ...given, live: memory.rollouts }))
    const home = path.join(dir, 'bot')
    mkdirSync(home)
    const { botToken, appToken } = slack.app
    const secrets = { SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken }
    const bot = keep(startBot({ root, dir: home, config, secrets }))
    keep(startBareBot(root, bareSlack))
    await Promise.all([connected(slack, 2, bot), connected(bareSlack, 1, null)])
    const journal = createJournalReader(createEtcdHttp(etcd.endpoint), '/opsee.co/deploy/v1/')
    const etcdVersion = await versionOf(etcd.endpoint)
    return { root, fleet, fleetctl, bot, slack, bareSlack, journal, etcdVersion, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Starts every unit, from the folder of the unit files, and waits until all run. */
async function fill(fleet: Fleet, fleetctl: string, cwd: string, live: number): Promise<void> {
  const units = [...unitsOf(3), ...unitsOf(30), ...liveServices(live).map((name) => `${name}.service`)]
  const words = [`--endpoint=${fleet.endpoints[0] ?? ''}`, 'start', '--no-block', ...units]
  await run(fleetctl, words, { cwd, env: { PATH: process.env['PATH'] }, timeout: patienceMs })
  const until = performance.now() + patienceMs
  while ((await fleet.instances()).filter(({ sub }) => sub === 'running').length < units.length) {
    if (performance.now() > until) throw new Error(`the fleet did not come up within ${patienceMs / 1000} s`)
    await sleep(500)
  }
}

async function versionOf(etcd: string): Promise<string> {
  const answer = await fetch(`${etcd}/version`, { signal: AbortSignal.timeout(5000) })
  return z.object({ etcdserver: z.string() }).parse(await answer.json()).etcdserver
}

async function connected(slack: LocalSlack, sockets: number, bot: Bot | null): Promise<void> {
  const until = performance.now() + patienceMs
  for (;;) {
    const ended = bot?.ended() ?? null
    if (ended !== null) throw new Error(ended)
    const made = (await slack.log()).filter(({ summary }) => summary.includes('socket connected'))
    if (made.length >= sockets) return
    if (performance.now() > until) throw new Error('a bot did not connect to its Slack')
    await sleep(100)
  }
}
