import { mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bot, BotOptions } from './demo/bot.ts'
import { keepBot } from './demo/kept-bot.ts'
import { readOptions, type DemoOptions } from './demo/options.ts'
import { createPrinter } from './demo/printer.ts'
import { invitation, isPerson, runCommands } from './demo/run-demo.ts'
import { people, startStage, type Stage } from './demo/stage.ts'
import { startWatchdog } from './demo/watchdog.ts'
import { demoUsage } from './usage.ts'

/** The project's folder: this runs as dist/demo/demo.js. */
const root = fileURLToPath(new URL('../..', import.meta.url))
const endMs = 20_000

async function demo(options: DemoOptions): Promise<number> {
  const tell = createPrinter(options.json, process.stdout, process.stderr)
  const dir = mkdtempSync(path.join(realpathSync(tmpdir()), 'opsee-demo-'))
  // Whoever makes a temporary folder from here on makes it in ours.
  process.env['TMPDIR'] = dir
  const watchdog = startWatchdog(options.keep ? null : dir)
  const parts: { stop(): Promise<void> }[] = []
  const interrupted = signalled()
  let code: number
  try {
    const work = async (): Promise<number> => {
      const started = (part: { stop(): Promise<void> }): void => void parts.push(part)
      const progress = (text: string): void => tell({ kind: 'progress', text })
      const { ports, timeScale } = options
      const toldOfBot = (text: string, pid: number | null): void => tell({ kind: 'bot', text, pid })
      const kept = (bot: BotOptions): Bot => keepBot(bot, { tell: toldOfBot, watchdog })
      const stage = await startStage({ root, dir, ports, timeScale, watchdog, progress, started, startBot: kept })
      tell({ kind: 'ready', slack: stage.slack.url, etcd: stage.etcd.endpoint, dir })
      const allWell = await runCommands(stage, options, tell)
      if (options.once) return allWell ? 0 : 1
      tell({ kind: 'text', text: invitation(stage, dir) })
      await botEnds(stage)
      return 1
    }
    code = await Promise.race([work(), interrupted])
  } catch (error) {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`)
    code = 1
  }
  // The bot first, so that it does not complain of what is taken away.
  const stopAll = async (): Promise<void> => {
    await parts.pop()?.stop()
    await Promise.allSettled(parts.map((part) => part.stop()))
  }
  await Promise.race([stopAll(), sleep(endMs)])
  await watchdog.close()
  if (options.keep) process.stderr.write(`Logs and data stay in ${dir}\n`)
  return code
}

/** Resolves the exit code for the first signal to end, or for the end of the process that started us. */
function signalled(): Promise<number> {
  return new Promise((resolve) => {
    for (const [signal, number] of [
      ['SIGINT', 2],
      ['SIGTERM', 15],
      ['SIGHUP', 1],
    ] as const) {
      process.on(signal, () => {
        process.stderr.write('\nEnding everything …\n')
        resolve(128 + number)
      })
    }
    const parent = process.ppid
    setInterval(() => {
      if (process.ppid !== parent) resolve(1)
    }, 500).unref()
    // Whoever read our output is gone: nobody is left to tell.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => resolve(1))
  })
}

async function botEnds(stage: Stage): Promise<void> {
  for (;;) {
    const ended = stage.bot.ended()
    if (ended !== null) throw new Error(ended)
    await sleep(500)
  }
}

const parsed = readOptions(process.argv.slice(2))
if (parsed.kind === 'help') process.stdout.write(demoUsage)
else if (parsed.kind === 'wrong' || !isPerson(parsed.options.user)) {
  const message = parsed.kind === 'wrong' ? parsed.message : `--as takes ${Object.keys(people).join(', ')}`
  process.stderr.write(`${message}\n`)
  process.exitCode = 2
} else process.exit(await demo(parsed.options))
