import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type {
  ChatFailure,
  ChatReader,
  ChatWriter,
  Message,
  MessageRef,
  Place,
  PostResult,
} from '../../src/ports/chat.ts'
import { startStopwatch } from '../support/stopwatch.ts'

type Chat = ChatWriter & ChatReader

/** What the chat's far side can be told to do with the next call that writes. */
export type ChatFault =
  /** Refuse it, for this reason. */
  | { readonly kind: 'refuse'; readonly as: Exclude<ChatFailure['kind'], 'later' | 'unknown'> }
  /** Say that it came too fast. */
  | { readonly kind: 'too-fast'; readonly retryAfterMs: number }
  /** Do it, and lose the answer. */
  | { readonly kind: 'lost-answer' }
  /** Never answer. */
  | { readonly kind: 'silence' }
  /** Be away: the call never arrives. */
  | { readonly kind: 'away' }

export interface ChatHarness {
  readonly chat: Chat
  /** A place to write to that exists, and is empty at first. */
  readonly place: Place
  /** A person who can see the place. */
  readonly person: string
  /** A channel that does not exist. */
  readonly nowhere: string
  /** Another adapter for the same bot, as after a restart. */
  restarted(): Chat
  /** Another one, whose calls may take half a second at most. */
  impatient(): Chat
  /** A person deletes the message. */
  delete(message: MessageRef): Promise<void>
  /** A person writes at the place. */
  write(text: string, place: Place): Promise<void>
  /** What everybody sees there now: texts in order, and the reactions on each. */
  shown(
    place: Place,
  ): Promise<readonly { readonly id: string; readonly text: string; readonly reactions: readonly string[] }[]>
  /** Sets the fault of the next writing call; null for none. */
  fault(fault: ChatFault | null): void
  close(): Promise<void>
}

/** What every chat must do. */
export function chatContract(name: string, make: () => Promise<ChatHarness>): void {
  describe(`a chat: ${name}`, () => {
    let harness: ChatHarness
    let chat: Chat

    beforeEach(async () => {
      harness = await make()
      chat = harness.chat
    })
    afterEach(() => harness.close())

    const post = async (message: Message, place = harness.place): Promise<MessageRef> =>
      posted(await chat.post(place, message))

    test('a posted message is shown, and an edit replaces it', async () => {
      const ref = await post(says('rolling'))
      await expect(chat.edit(ref, says('succeeded'))).resolves.toEqual({ kind: 'done' })
      await expect(chat.edit(ref, says('succeeded'))).resolves.toEqual({ kind: 'done' })
      await expect(harness.shown(harness.place)).resolves.toMatchObject([{ id: ref.id, text: 'succeeded' }])
    })

    test('a post into a thread is in the thread', async () => {
      const root = await post(says('root'))
      const thread = { channel: root.channel, thread: root.id }
      const reply = await post(says('reply'), thread)
      await expect(chat.ours(thread, { kind: 'time', ms: 0 })).resolves.toMatchObject([{ id: reply.id, text: 'reply' }])
      await expect(chat.ours(harness.place, { kind: 'time', ms: 0 })).resolves.toMatchObject([
        { id: root.id, text: 'root' },
      ])
    })

    test('ours are our messages alone, in order, behind the one named, with their keys', async () => {
      const first = await post(laidOut('one', 'rollout-1.event-1'))
      await harness.write('a person', harness.place)
      const second = await post(laidOut('two', 'rollout-1.event-2'))
      const third = await post(says('three'))
      await chat.whisper(harness.place, harness.person, says('a secret'))
      const ours = await chat.ours(harness.place, { kind: 'time', ms: 0 })
      expect(ours?.map(({ id, text, key }) => ({ id, text, key }))).toEqual([
        { id: first.id, text: 'one', key: 'rollout-1.event-1' },
        { id: second.id, text: 'two', key: 'rollout-1.event-2' },
        { id: third.id, text: 'three', key: null },
      ])
      await expect(chat.ours(harness.place, { kind: 'message', id: first.id })).resolves.toMatchObject([
        { id: second.id },
        { id: third.id },
      ])
      await expect(chat.ours(harness.place, { kind: 'message', id: third.id })).resolves.toEqual([])
    })

    test('an edit keeps the key findable', async () => {
      const ref = await post(laidOut('one', 'root'))
      await chat.edit(ref, laidOut('two', 'root'))
      await expect(chat.ours(harness.place, { kind: 'time', ms: 0 })).resolves.toMatchObject([
        { id: ref.id, text: 'two', key: 'root' },
      ])
    })

    test('after a restart the bot finds and edits what it posted before', async () => {
      const ref = await post(laidOut('before', 'root'))
      const later = harness.restarted()
      await expect(later.ours(harness.place, { kind: 'time', ms: 0 })).resolves.toMatchObject([
        { id: ref.id, key: 'root' },
      ])
      await expect(later.edit(ref, says('after'))).resolves.toEqual({ kind: 'done' })
    })

    test('a reaction is the only one of ours, whatever was there and whoever set it before a restart', async () => {
      const ref = await post(says('root'))
      await chat.react(ref, 'hourglass_flowing_sand')
      await chat.react(ref, 'hourglass_flowing_sand')
      await expect(chat.react(ref, 'rewind')).resolves.toEqual({ kind: 'done' })
      await expect(harness.restarted().react(ref, 'white_check_mark')).resolves.toEqual({ kind: 'done' })
      await expect(harness.shown(harness.place)).resolves.toMatchObject([{ reactions: ['white_check_mark'] }])
    })

    test('a deleted message is gone for edits and reactions', async () => {
      const ref = await post(says('root'))
      await harness.delete(ref)
      await expect(chat.edit(ref, says('again'))).resolves.toMatchObject({ kind: 'message-gone' })
      await expect(chat.react(ref, 'eyes')).resolves.toMatchObject({ kind: 'message-gone' })
    })

    test('an unknown place is closed', async () => {
      const nowhere = { channel: harness.nowhere, thread: null }
      await expect(chat.post(nowhere, says('x'))).resolves.toMatchObject({ kind: 'place-closed' })
    })

    test('a message of any size is shown', async () => {
      const long = '&amp; <https://example.org|a link> 🎉 '.repeat(400)
      const sections: Message['sections'] = [
        { kind: 'header', text: long },
        ...Array.from({ length: 70 }, () => ({ kind: 'text' as const, text: long })),
        { kind: 'fields', fields: Array.from({ length: 23 }, (_, index) => ({ name: `f${index}`, value: long })) },
        { kind: 'buttons', buttons: [{ label: long, command: 'abort 1', style: 'danger', confirm: long }] },
      ]
      const ref = await post({ text: long, sections })
      await expect(chat.edit(ref, { text: long, sections })).resolves.toEqual({ kind: 'done' })
    })

    test.each(['message-gone', 'not-editable', 'place-closed', 'bad-layout', 'silenced'] as const)(
      'a refusal says what it means: %s',
      async (kind) => {
        const ref = await post(says('root'))
        harness.fault({ kind: 'refuse', as: kind })
        const edited = await chat.edit(ref, says('x'))
        expect(edited).toMatchObject({ kind, reason: expect.stringMatching(/\w/) })
        await expect(harness.shown(harness.place)).resolves.toMatchObject([{ text: 'root' }])
      },
    )

    test('what came too fast was not shown, and says when to try again', async () => {
      harness.fault({ kind: 'too-fast', retryAfterMs: 2_000 })
      const result = await chat.post(harness.place, says('x'))
      expect(result).toMatchObject({ kind: 'later', retryAfterMs: 2_000 })
      await expect(harness.shown(harness.place)).resolves.toEqual([])
    })

    test('a post whose answer was lost is unknown, and there once', async () => {
      harness.fault({ kind: 'lost-answer' })
      await expect(chat.post(harness.place, says('once'))).resolves.toMatchObject({ kind: 'unknown' })
      harness.fault(null)
      await expect(chat.ours(harness.place, { kind: 'time', ms: 0 })).resolves.toMatchObject([{ text: 'once' }])
      await expect(harness.shown(harness.place)).resolves.toHaveLength(1)
    })

    test('silence ends in unknown, within the time limit', async () => {
      harness.fault({ kind: 'silence' })
      const impatient = harness.impatient()
      const elapsed = startStopwatch()
      await expect(impatient.post(harness.place, says('x'))).resolves.toMatchObject({ kind: 'unknown' })
      expect(elapsed()).toBeLessThan(3_000)
    })

    test('a chat that is away is tried later', async () => {
      harness.fault({ kind: 'away' })
      await expect(chat.post(harness.place, says('x'))).resolves.toMatchObject({ kind: 'later' })
    })
  })
}

function says(text: string): Message {
  return { text, sections: [] }
}

function laidOut(text: string, key: string): Message {
  return { text, sections: [{ kind: 'text', text: `*${text}*` }], key }
}

function posted(result: PostResult): MessageRef {
  if (result.kind !== 'posted') throw new Error(`not posted: ${result.kind}, ${result.reason}`)
  return result.ref
}
