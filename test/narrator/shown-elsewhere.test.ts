import { describe, expect, it } from 'vitest'
import { withThreadElsewhere } from '../../src/narrator/shown-elsewhere.ts'
import { threadRecord, type Thread } from '../../src/narrator/thread-record.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { StoreUnavailable, type StoreReader } from '../../src/ports/store.ts'
import { ScriptedChat } from './scripted-chat.ts'

const answer = { text: 'Rollout 12 has begun; follow it in the thread.', sections: [] }
const reply = { message: answer, outcome: 'done', rollouts: [12] }
const incoming = { source: 'slash', place: { channel: 'C0HERE', thread: null } } as const
const thread: Thread = {
  id: 12,
  root: { channel: 'C0HISTORY', id: '5.5' },
  home: { channel: 'C0HISTORY', thread: '5.5' },
  moved: true,
  silent: false,
  reposts: 0,
  shown: 0,
  lastPost: null,
  sending: null,
  rootShown: null,
  reaction: null,
  closed: false,
}

/** Answers with `read`, and counts the seconds that were waited. */
async function answered(read: (waitedMs: number) => Thread | null): Promise<{ text: string; waitedMs: number }> {
  let now = 0
  const clock: Clock = { now: () => now, monotonic: () => now, sleep: async (ms) => void (now += ms) }
  const store: Pick<StoreReader, 'get'> = {
    get: async (key) => {
      const found = read(now)
      return found === null ? null : { key, value: threadRecord.write(found), created: '1', modified: '1' }
    },
  }
  const { text } = await withThreadElsewhere(reply, incoming, { store, chat: new ScriptedChat(), clock })
  return { text, waitedMs: now }
}

describe('the answer to a command from where the bot cannot speak', () => {
  it('names the channel and links the thread, once its root is posted', async () => {
    const { text, waitedMs } = await answered((ms) => (ms < 300 ? { ...thread, root: null } : thread))
    expect(text).toBe(
      `${answer.text}\nI cannot speak here, so rollout 12 is shown in <#C0HISTORY>: <https://chat.example/C0HISTORY/5.5|open its thread>. If I am not in this channel, \`/invite @opsee\` here helps.`,
    )
    expect(waitedMs).toBe(300)
  })

  it('names the channel alone when the thread is not there in time', async () => {
    const { text, waitedMs } = await answered(() => ({ ...thread, root: null }))
    expect(text).toContain('is shown in <#C0HISTORY>. If I am not')
    expect(waitedMs).toBe(2000)
  })

  it.each([
    ['it is shown there', { ...thread, moved: false, home: { channel: 'C0HERE', thread: '5.5' } }],
    ['it is shown nowhere', { ...thread, silent: true, root: null }],
    ['nothing is known of it', null],
  ])('stays as it is when %s', async (_, found) => {
    expect((await answered(() => found)).text).toBe(answer.text)
  })

  it('stays as it is when etcd does not answer', async () => {
    const gone = async (): Promise<never> => {
      throw new StoreUnavailable('no endpoint of etcd answered')
    }
    const clock: Clock = { now: () => 0, monotonic: () => 0, sleep: async () => undefined }
    const deps = { store: { get: gone }, chat: new ScriptedChat(), clock }
    expect(await withThreadElsewhere(reply, incoming, deps)).toEqual(answer)
  })
})
