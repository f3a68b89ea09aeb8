import { setTimeout as sleep } from 'node:timers/promises'
import type { SlackControl, SlackMessage } from '../slack/control.ts'
import type { Tell } from './printer.ts'
import { people } from './stage.ts'

/** Everything that the bot shows in some channels, told as it comes. */
export interface SlackWatch {
  /** What the bot posted so far, oldest first. */
  shown(): readonly SlackMessage[]
  /** Resolves when nothing has changed for `quietMs`, at the latest after `limitMs`. */
  settled(quietMs: number, limitMs: number): Promise<void>
  stop(): void
}

interface Channels {
  readonly main: string
  readonly history: string
}

const pollMs = 200

export function watchSlack(slack: SlackControl, bot: string, channels: Channels, tell: Tell): SlackWatch {
  const known = new Map<string, SlackMessage>()
  let changedAt = performance.now()
  const ending = new AbortController()

  const take = (message: SlackMessage): void => {
    const before = known.get(message.ts)
    known.set(message.ts, message)
    const place = placeOf(message, channels)
    const changed = (how: 'posted' | 'edited' | 'reacted', text: string): void => {
      changedAt = performance.now()
      tell({ kind: 'message', how, place, text: withNames(text) })
    }
    if (before === undefined) changed('posted', message.text)
    else if (before.text !== message.text) changed('edited', message.text)
    const reactions = namesOf(message)
    if (reactions !== '' && reactions !== namesOf(before)) changed('reacted', reactions)
  }
  const look = async (): Promise<void> => {
    const lists = await Promise.all([...new Set(Object.values(channels))].map((channel) => slack.messages(channel)))
    const ours = lists.flat().filter(({ user }) => user === bot)
    for (const message of ours.toSorted((a, b) => Number(a.ts) - Number(b.ts))) take(message)
  }
  const watch = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      // A poll that fails is one that the next makes up for.
      await look().catch(() => undefined)
      await sleep(pollMs, undefined, { signal: ending.signal }).catch(() => undefined)
    }
  }
  void watch()

  return {
    shown: () => [...known.values()],
    settled: async (quietMs, limitMs) => {
      const until = performance.now() + limitMs
      while (performance.now() < until && performance.now() - changedAt < quietMs) await sleep(pollMs)
    },
    stop: () => ending.abort(),
  }
}

const withNames = (text: string): string =>
  text.replaceAll(/<@([A-Z0-9]+)>/g, (all, id: string) => {
    const person = Object.entries(people).find(([, one]) => one === id)
    return person === undefined ? all : `@${person[0]}`
  })

const namesOf = (message: SlackMessage | undefined): string =>
  (message?.reactions ?? []).map(({ name }) => name).join(', ')

function placeOf(message: SlackMessage, channels: Channels): 'channel' | 'thread' | 'history' | 'whisper' {
  if (message.ephemeral_to !== undefined || message.subtype === 'ephemeral') return 'whisper'
  if (message.thread_ts !== undefined && message.thread_ts !== message.ts) return 'thread'
  return message.channel === channels.history && channels.history !== channels.main ? 'history' : 'channel'
}
