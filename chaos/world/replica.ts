import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { startBot, type Bot } from '../../demo/demo/bot.ts'
import type { Watchdog } from '../../demo/demo/watchdog.ts'
import type { LocalSlack } from '../../demo/slack/start.ts'
import { startSlackProxy, type SlackProxy } from '../../test/journeys/support/slack-proxy.ts'
import { startRegistryProxy, type RegistryProxy } from '../../test/support/registry-proxy.ts'
import { startProxy, type TcpProxy } from '../../test/support/tcp-proxy.ts'
import { startEnvelopeProxy, type EnvelopeProxy } from './envelopes.ts'
import { botConfig, type BotConfig } from './shop.ts'
import { createWrongClock, type WrongClock } from './wrong-clock.ts'

/** One of several bots on one etcd, with a proxy on each of its ways out. */
export interface Replica {
  readonly name: string
  /** One in front of each member. */
  readonly etcd: readonly TcpProxy[]
  readonly api: SlackProxy
  readonly envelopes: EnvelopeProxy
  /** Null: it knows of no registry. */
  readonly registry: RegistryProxy | null
  /** Null: it has the machine's, and keeps it. */
  readonly clock: WrongClock | null
  /** The process that runs; null while none does. */
  bot(): Bot | null
  /** Of all its processes so far. */
  readonly pids: readonly number[]
  isStopped(): boolean
  /** With the build in `dist` of this folder; of the project's unless given. Nothing happens while one runs. */
  start(root?: string): void
  /** SIGKILL. Resolves when it is gone. */
  kill(): Promise<void>
  /** SIGTERM, and SIGKILL after 10 s. */
  drain(): Promise<void>
  /** SIGSTOP. */
  freeze(): void
  /** SIGCONT. */
  thaw(): void
  close(): Promise<void>
}

export interface ReplicaParts {
  readonly name: string
  /** The project, with the bot's build in `dist`. */
  readonly root: string
  readonly dir: string
  readonly etcd: readonly string[]
  readonly slack: LocalSlack
  /** Where the registry is; null: there is none. */
  readonly registry: string | null
  readonly config: Omit<BotConfig, 'apiUrl' | 'etcd' | 'registry'>
  readonly watchdog: Watchdog
  /** libfaketime, for one whose clock can be moved. */
  readonly faketime: string | null
  /** Told of each process as it starts: its home and its id. */
  readonly born: (home: string, pid: number) => void
  /** Told when a process ended that nobody ended. */
  readonly died: (how: string) => void
}

export async function createReplica(parts: ReplicaParts): Promise<Replica> {
  const { name, slack, watchdog } = parts
  const etcd = await Promise.all(parts.etcd.map(startProxy))
  const envelopes = await startEnvelopeProxy(slack.port)
  const api = await startSlackProxy(slack.url, (method, body) =>
    method === 'apps.connections.open' ? body.replace(/ws:\/\/[^/"]+/, envelopes.origin) : body,
  )
  const registry = parts.registry === null ? null : await startRegistryProxy(parts.registry)
  const config = path.join(parts.dir, `${name}.yaml`)
  const endpoints = etcd.map(({ endpoint }) => endpoint)
  const own = { apiUrl: api.apiUrl, etcd: endpoints, registry: registry?.url ?? null }
  writeFileSync(config, botConfig({ ...parts.config, ...own }))
  const secrets = { SLACK_BOT_TOKEN: slack.app.botToken, SLACK_APP_TOKEN: slack.app.appToken }
  const clock = parts.faketime === null ? null : createWrongClock(parts.faketime, path.join(parts.dir, `${name}.time`))
  let bot: Bot | null = null
  const pids: number[] = []
  let stopped = false
  let lives = 0
  let ending = false

  async function watch(one: Bot): Promise<void> {
    while (one.ended() === null) await new Promise((resolve) => setTimeout(resolve, 50))
    watchdog.forget(one.pid)
    if (bot !== one || ending) return
    bot = null
    parts.died(`${name}: ${one.ended() ?? ''}`)
  }
  const thaw = (): void => {
    if (bot !== null && stopped) process.kill(bot.pid, 'SIGCONT')
    stopped = false
  }
  const end = async (how: (one: Bot) => Promise<void> | void): Promise<void> => {
    const one = bot
    if (one === null) return
    ending = true
    await how(one)
    while (one.ended() === null) await new Promise((resolve) => setTimeout(resolve, 5))
    // Two faults may have ended it, and the first of them have it started again.
    if (bot !== one) return
    bot = null
    stopped = false
    ending = false
  }
  const kill = (): Promise<void> => end((one) => void process.kill(one.pid, 'SIGKILL'))
  return {
    name,
    etcd,
    api,
    envelopes,
    registry,
    clock,
    bot: () => bot,
    pids,
    isStopped: () => stopped,
    start(root = parts.root) {
      if (bot !== null) return
      lives += 1
      // Its home names the process in the fleet's log, so each has one of its own.
      const home = path.join(parts.dir, `${name}-${lives}`)
      mkdirSync(home)
      const one = startBot({ root, dir: home, config, secrets, env: clock?.env ?? {} })
      watchdog.process(one.pid)
      parts.born(home, one.pid)
      pids.push(one.pid)
      bot = one
      void watch(one)
    },
    kill,
    drain() {
      thaw()
      return end((one) => one.stop())
    },
    freeze() {
      if (bot === null || stopped) return
      process.kill(bot.pid, 'SIGSTOP')
      stopped = true
    },
    thaw,
    async close() {
      await kill()
      await Promise.all([...etcd.map((one) => one.close()), api.close(), envelopes.close(), registry?.close()])
    },
  }
}
