import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { startBot, type Bot } from '../demo/demo/bot.ts'
import { createJournalReader, type Journal } from '../demo/demo/journal.ts'
import { startWatchdog } from '../demo/demo/watchdog.ts'
import { startEtcd } from '../demo/etcd/start.ts'
import { installFleetctl } from '../demo/fleet/install.ts'
import { startFleet, type Fleet } from '../demo/fleet/start.ts'
import { createEtcdHttp } from '../demo/shop/etcd-http.ts'
import { startLocalSlack, type LocalSlack } from '../demo/slack/start.ts'
import { ann, channels, prefix, type ShopService } from './shop.ts'

const run = promisify(execFile)
const patienceMs = 300_000
const unitsAtOnce = 200

/** Started, and to be ended; `pid` of what is a process of its own. */
interface Startable {
  readonly pid?: number
  stop(): Promise<void>
}

/** What a bot stands on: a store, a Slack and a fleet of its own, all real processes on loopback. */
export interface Ground {
  readonly root: string
  /** A folder that goes away at the end. */
  readonly dir: string
  /** `http://127.0.0.1:<port>`. */
  readonly etcd: string
  readonly slack: LocalSlack
  readonly fleet: Fleet
  readonly fleetctl: string
  readonly journal: Journal
  /** Ends with the ground, however that ends. */
  keep<T extends Startable>(part: T): T
  /** Starts every instance of these services and waits until all run; on the ground's own fleet unless another is given. */
  launch(services: readonly ShopService[], on?: Fleet): Promise<void>
  /** One more fleet of three machines. */
  startFleet(name: string): Promise<Fleet>
  /** A bot with this `opsee.yaml`, of the ground's Slack unless another is given; resolves when it is ready. `name` is unlike any before it. */
  startBot(name: string, config: string, of?: LocalSlack): Promise<Bot>
  /** A local-slack with the same people and channels. */
  startSlack(): Promise<LocalSlack>
  /** Ends every process and removes every file. */
  close(): Promise<void>
}

export type OpenGround = (settings: { readonly timeScale: number }) => Promise<Ground>

export async function openGround(root: string, settings: { readonly timeScale: number }): Promise<Ground> {
  const dir = mkdtempSync(path.join(realpathSync(tmpdir()), 'opsee-bench-'))
  const watchdog = startWatchdog(dir)
  const started: { stop(): Promise<void> }[] = []
  const keep = <T extends Startable>(part: T): T => {
    const { pid } = part
    if (pid !== undefined) watchdog.process(pid)
    started.push({ stop: () => part.stop().then(() => (pid === undefined ? undefined : watchdog.forget(pid))) })
    return part
  }
  const close = async (): Promise<void> => {
    // The watchdog's shell holds no process open, and this one must see its end.
    const alive = setInterval(() => undefined, 1000)
    for (const part of started.splice(0).toReversed()) await part.stop().catch(() => undefined)
    await watchdog.close()
    clearInterval(alive)
  }
  const startSlack = async (): Promise<LocalSlack> => {
    const users = [{ id: ann, name: 'ann', real_name: 'Ann' }]
    return keep(await startLocalSlack({ users, channels: channels.map((id) => ({ id, name: id.toLowerCase() })) }))
  }
  try {
    const etcd = keep(await startEtcd())
    const slack = await startSlack()
    const fleetAt = async (name: string): Promise<Fleet> =>
      keep(await startFleet({ dir: path.join(dir, name), machines: 3, timeScale: settings.timeScale }))
    const fleet = await fleetAt('fleet')
    const fleetctl = installFleetctl(path.join(dir, 'bin'))
    return {
      root,
      dir,
      etcd: etcd.endpoint,
      slack,
      fleet,
      fleetctl,
      journal: createJournalReader(createEtcdHttp(etcd.endpoint), prefix),
      keep,
      launch: (services, on = fleet) => launch(on, fleetctl, dir, services),
      startFleet: fleetAt,
      async startBot(name, config, { app } = slack) {
        const secrets = { SLACK_BOT_TOKEN: app.botToken, SLACK_APP_TOKEN: app.appToken }
        const home = path.join(dir, name)
        mkdirSync(home)
        const file = path.join(home, 'opsee.yaml')
        writeFileSync(file, config)
        const bot = keep(startBot({ root, dir: home, config: file, secrets }))
        await ready(bot)
        return bot
      },
      startSlack,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** fleetctl reads unit files where it stands. */
async function launch(fleet: Fleet, fleetctl: string, dir: string, services: readonly ShopService[]): Promise<void> {
  const cwd = mkdtempSync(path.join(dir, 'units-'))
  for (const { unit, file } of services) writeFileSync(path.join(cwd, unit), file)
  const units = services.flatMap(({ units }) => units)
  const words = [`--endpoint=${fleet.endpoints[0] ?? ''}`, 'start', '--no-block']
  // The stand-in fleetctl tells the fleet its whole command line in a header, which has an end.
  for (let from = 0; from < units.length; from += unitsAtOnce) {
    const some = units.slice(from, from + unitsAtOnce)
    await run(fleetctl, [...words, ...some], { cwd, env: { PATH: process.env['PATH'] }, timeout: patienceMs })
  }
  const until = performance.now() + patienceMs
  for (;;) {
    const running = new Set((await fleet.instances()).filter(({ sub }) => sub === 'running').map(({ unit }) => unit))
    if (units.every((unit) => running.has(unit))) return
    if (performance.now() > until) {
      throw new Error(`${running.size} of ${units.length} units came up within ${patienceMs / 1000} s`)
    }
    await sleep(500)
  }
}

async function ready(bot: Bot): Promise<void> {
  const until = performance.now() + patienceMs
  for (;;) {
    const ended = bot.ended()
    if (ended !== null) throw new Error(ended)
    if ((await readFile(bot.log, 'utf8').catch(() => '')).includes('"opsee is ready"')) return
    if (performance.now() > until) throw new Error('a bot did not get ready')
    await sleep(50)
  }
}

/** Waits until it holds, and looks every 250 ms whether the bots still run. Rejects with what `instead` says. */
export async function waitFor(
  bots: readonly Bot[],
  holds: () => Promise<boolean>,
  instead: () => string,
  limitMs = 600_000,
): Promise<void> {
  const until = performance.now() + limitMs
  while (!(await holds())) {
    for (const bot of bots) {
      const ended = bot.ended()
      if (ended !== null) throw new Error(ended)
    }
    if (performance.now() > until) throw new Error(`after ${limitMs / 1000} s: ${instead()}`)
    await sleep(250)
  }
}
