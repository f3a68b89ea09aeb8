import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { startBot, type Bot, type BotOptions } from './bot.ts'

interface KeepDeps {
  /** Prints a line for the person. */
  readonly tell: (text: string, pid: number | null) => void
  /** Told of each process while it runs. */
  readonly watchdog: { process(pid: number): void; forget(pid: number): void }
}

/** A bot that ends sooner than this after its start counts as a failed start. */
const steadyMs = 10_000
/** After this many failed starts in a row the demo gives up. */
const mostFailures = 3
const pauseMs = 500

/** The file that holds the process id of the bot that runs now. */
export const pidFileOf = (dir: string): string => path.join(dir, 'bot.pid')

/** A bot that is started again when it ends without being stopped, as a process manager does in production. */
export function keepBot(options: BotOptions, { tell, watchdog }: KeepDeps): Bot {
  let current = start()
  let stopping = false
  let failures = 0
  let again: NodeJS.Timeout | null = null

  function start(): Bot {
    const bot = startBot(options)
    const since = performance.now()
    watchdog.process(bot.pid)
    writeFileSync(pidFileOf(options.dir), `${bot.pid}\n`)
    void bot.gone.then(() => ended(bot, since))
    return bot
  }

  function ended(bot: Bot, since: number): void {
    watchdog.forget(bot.pid)
    if (stopping) return
    failures = performance.now() - since < steadyMs ? failures + 1 : 0
    if (failures >= mostFailures) return
    tell(
      `\n💥 The bot, process ${bot.pid}, is gone (${bot.how() ?? 'nobody knows why'}). The demo starts it again.`,
      null,
    )
    again = setTimeout(() => {
      again = null
      current = start()
      tell(
        `The bot runs again as process ${current.pid}. It goes on with every rollout after its lease is over, within about 12 s: watch the thread.\n`,
        current.pid,
      )
    }, pauseMs)
  }

  return {
    get pid() {
      return current.pid
    },
    get gone() {
      return current.gone
    },
    log: current.log,
    how: () => current.how(),
    ended: () => (again === null && failures >= mostFailures ? current.ended() : null),
    async stop() {
      stopping = true
      if (again !== null) clearTimeout(again)
      await current.stop()
    },
  }
}
