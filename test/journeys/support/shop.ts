import { mkdirSync, mkdtempSync, realpathSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startBot, type Bot } from '../../../demo/demo/bot.ts'
import { startStage, type Stage } from '../../../demo/demo/stage.ts'
import { startWatchdog } from '../../../demo/demo/watchdog.ts'

const root = path.resolve(import.meta.dirname, '..', '..', '..')

export interface ShopOptions {
  /** Of the bot's `opsee.yaml`: each text is replaced by the other. */
  readonly settings?: Readonly<Record<string, string>>
  /** Puts something between the bot and the Slack's Web API: gets its URL, returns the one for the bot. */
  readonly between?: (apiUrl: string) => Promise<string>
}

/** The demo's whole shop, with bots that can be killed and started again. */
export interface Shop extends Stage {
  /** The bot that was started last. */
  readonly bot: Bot
  /** Another process of the bot, with this configuration where it is not to be the same. */
  startBot(config?: string): Bot
  /** SIGKILL. Resolves when it is gone. */
  killBot(bot?: Bot): Promise<void>
  close(): Promise<void>
}

/** Fleet at a fifth of its lags, and no longer waits than a test needs. */
const quick: Readonly<Record<string, string>> = { 'settle: 1500ms': 'settle: 400ms' }
const timeScale = 0.2

/** Resolves when everything runs and the bot is connected. */
export async function openShop(options: ShopOptions = {}): Promise<Shop> {
  const dir = mkdtempSync(path.join(realpathSync(tmpdir()), 'opsee-journey-'))
  const watchdog = startWatchdog(dir)
  const parts: { stop(): Promise<void> }[] = []
  const bots: Bot[] = []
  const end = async (): Promise<void> => {
    await Promise.allSettled(bots.map((bot) => bot.stop()))
    await parts.pop()?.stop()
    await Promise.allSettled(parts.map((part) => part.stop()))
    await watchdog.close()
    await rm(dir, { recursive: true, force: true })
  }
  try {
    const stage = await startStage({
      root,
      dir,
      ports: { slack: 0, etcd: 0 },
      timeScale,
      watchdog,
      progress: () => undefined,
      started: (part) => void parts.push(part),
      configure: (text) => configured(text, options),
    })
    return shopOf(stage, dir, bots, watchdog, end)
  } catch (error) {
    await end()
    throw error
  }
}

async function configured(text: string, { settings = {}, between }: ShopOptions): Promise<string> {
  let next = text
  for (const [from, to] of Object.entries({ ...quick, ...settings })) {
    if (!next.includes(from)) throw new Error(`demo/shop/opsee.yaml does not say ${from}`)
    next = next.replace(from, to)
  }
  const apiUrl = /apiUrl: "([^"]+)"/.exec(next)?.[1]
  if (between === undefined || apiUrl === undefined) return next
  return next.replace(apiUrl, await between(apiUrl))
}

function shopOf(
  stage: Stage,
  dir: string,
  bots: Bot[],
  watchdog: ReturnType<typeof startWatchdog>,
  close: () => Promise<void>,
): Shop {
  const { secrets } = stage
  let newest = stage.bot
  return {
    ...stage,
    get bot() {
      return newest
    },
    startBot(config = stage.config) {
      newest = startBot({ root, dir: folderOf(dir, bots.length), config, secrets })
      bots.push(newest)
      watchdog.process(newest.pid)
      return newest
    },
    async killBot(bot = newest) {
      process.kill(bot.pid, 'SIGKILL')
      while (bot.ended() === null) await new Promise((resolve) => setTimeout(resolve, 5))
      watchdog.forget(bot.pid)
    },
    close,
  }
}

/** Each bot has a log of its own. */
function folderOf(dir: string, number: number): string {
  const folder = path.join(dir, `bot-${number + 2}`)
  mkdirSync(folder)
  return folder
}
