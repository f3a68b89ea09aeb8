import type { RolloutEvent } from '../domain/event.ts'
import { isOver, type Rollout } from '../domain/rollout.ts'
import type { Message, Place } from '../ports/chat.ts'
import { StoreUnavailable } from '../ports/store.ts'
import { Outage } from '../store/outage.ts'
import { closingMessage } from './closing.ts'
import { Desk, type NarratorParts } from './desk.ts'
import { lineOf } from './lines.ts'
import { isToldOut, type Story, type Telling } from './position.ts'
import { reasonOf, RootMessage } from './root.ts'

/** What one turn left to do: nothing but waiting for news, which come in `ms` at the latest, or something that must wait for the chat. */
type Turn =
  | { readonly kind: 'over' }
  | { readonly kind: 'news'; readonly ms: number }
  | { readonly kind: 'wait'; readonly ms: number }

/** It looks again by itself after this long, whatever it was not told. */
const lookAgainMs = 5000
/** Characters of lines in one message: a message has some 13,000 in all (`msg_blocks_too_long`). */
const mostText = 9000

/**
 * Tells one rollout in its thread, from wherever it stood: the root message as it is now, each event once and in order,
 * the closing line. Each message is recorded before it is sent. The chat being away delays it and loses nothing.
 */
export async function tell(telling: Telling, parts: NarratorParts, stop: AbortSignal): Promise<string> {
  const outage = new Outage(parts.log, { rollout: telling.id }, 'the thread')
  let teller: Teller | null = null
  while (!stop.aborted) {
    let turn: Turn
    try {
      teller ??= await openTeller(telling, parts, stop)
      if (teller === null) return 'there is nothing to tell'
      turn = await teller.turn()
      outage.over()
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      outage.failed(error)
      turn = { kind: 'wait', ms: 1000 }
      // Whether the last position was kept is unknown: read it again.
      teller = null
    }
    if (turn.kind === 'over') return 'told'
    if (turn.kind === 'news') await parts.news(telling.id, turn.ms, stop)
    else await parts.clock.sleep(turn.ms, stop)
  }
  return 'handed over'
}

async function openTeller(telling: Telling, parts: NarratorParts, stop: AbortSignal): Promise<Teller | null> {
  const thread = await parts.positions.open(telling.id)
  return thread === null ? null : new Teller(new Desk(parts, telling, thread, stop))
}

class Teller {
  readonly #desk: Desk
  readonly #root: RootMessage

  constructor(desk: Desk) {
    this.#desk = desk
    this.#root = new RootMessage(desk)
  }

  async turn(): Promise<Turn> {
    const { thread, parts } = this.#desk
    const story = await parts.positions.story(thread.id, thread.shown)
    const said = await this.#all(
      () => this.#root.post(story),
      () => this.#postLines(story),
    )
    const shown = await this.#all(
      () => this.#root.edit(story),
      () => this.#root.react(story),
    )
    const closed = await this.#all(() => this.#postClosing(story))
    const toSay = Math.max(said, closed)
    if (toSay > 0) return { kind: 'wait', ms: toSay }
    // An edit can wait, and what is new by then is in it: no line waits for it.
    return shown > 0 ? { kind: 'news', ms: Math.min(shown, lookAgainMs) } : this.#finishIfToldOut(story)
  }

  /** Takes the steps in turn, and answers the longest of their waits in milliseconds; 0 for none. */
  async #all(...steps: readonly (() => Promise<number | null>)[]): Promise<number> {
    let longest = 0
    for (const step of steps) {
      // Each may find out that nobody can be told any more.
      if (!this.#desk.thread.silent) longest = Math.max(longest, (await step()) ?? 0)
    }
    return longest
  }

  async #finishIfToldOut(story: Story): Promise<Turn> {
    const { thread } = this.#desk
    const told = thread.silent ? isOver(story.rollout) : isToldOut(story, thread) && thread.closed
    if (!told) return { kind: 'news', ms: lookAgainMs }
    await this.#desk.close()
    return { kind: 'over' }
  }

  /** All that is new in one message, one line each: what came while the chat was slow comes together. */
  async #postLines(story: Story): Promise<number | null> {
    const { thread } = this.#desk
    if (thread.root === null) return null
    const begun = thread.sending?.what === 'lines' ? thread.sending.upTo : null
    const news = begun === null ? story.news : story.news.filter((event) => event.seq <= begun)
    if (news.length === 0) return null
    const { text, upTo } = oneMessage(news, story.rollout)
    const more = upTo < (story.news.at(-1)?.seq ?? 0) ? 1 : null
    if (text === '') {
      await this.#desk.save({ shown: upTo, sending: null })
      return more
    }
    const message: Message = { text, sections: textSections(text), key: `r${thread.id}.line.${upTo}` }
    const urgent = isOver(story.rollout)
    const sent = await this.#desk.send('lines', thread.home, message, { upTo, urgent })
    if (sent.kind === 'wait') return sent.ms
    if (sent.kind === 'thread-gone') {
      const wait = await this.#root.postAnew()
      if (wait !== null) return wait
    }
    if (sent.kind !== 'sent') return this.#desk.move(story.rollout, reasonOf(sent))
    await this.#desk.save({ shown: upTo, sending: null, lastPost: sent.ref.id })
    return more
  }

  async #postClosing(story: Story): Promise<number | null> {
    const { thread, parts } = this.#desk
    if (thread.closed || !isToldOut(story, thread)) return null
    const place: Place = { channel: parts.historyChannel(story.rollout.plan.tier), thread: null }
    const message = closingMessage(story.rollout)
    const sent = await this.#desk.send('closing', place, message, { upTo: thread.shown, urgent: true })
    if (sent.kind === 'wait') return sent.ms
    if (sent.kind !== 'sent') {
      parts.log.error({ rollout: thread.id }, 'the history channel is closed to us: no closing line')
    }
    await this.#desk.save({ closed: true, sending: null })
    return null
  }
}

/** The lines of as many events as one message holds, the first at least; `upTo` is the last of them. */
function oneMessage(news: readonly RolloutEvent[], rollout: Rollout): { readonly text: string; readonly upTo: number } {
  let text = ''
  let upTo = 0
  for (const event of news) {
    // The end is what people look for: it is a message of its own.
    if (event.fact.kind === 'ended' && text !== '') break
    const line = lineOf(event, rollout)
    if (line !== null && text !== '' && text.length + 1 + line.length > mostText) break
    if (line !== null) text = text === '' ? line.slice(0, mostText) : `${text}\n${line}`
    upTo = event.seq
  }
  return { text, upTo }
}

/** A section takes 3,000 characters. A block in monospace that goes on in the next one ends here, and begins there anew. */
function textSections(text: string): Message['sections'] {
  const texts: string[] = []
  let inBlock = false
  for (const line of text.split('\n')) {
    const last = texts.at(-1)
    if (last !== undefined && last.length + line.length <= 2800) texts[texts.length - 1] = `${last}\n${line}`
    else if (last === undefined || !inBlock) texts.push(line)
    else {
      texts[texts.length - 1] = `${last}\n${fence}`
      if (line !== fence) texts.push(`${fence}\n${line}`)
    }
    if (line === fence) inBlock = !inBlock
  }
  return texts.map((part) => ({ kind: 'text', text: part }))
}

const fence = '```'
