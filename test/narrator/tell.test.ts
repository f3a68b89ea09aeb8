import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { EtcdStore } from '../../src/adapters/etcd/store.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import type { Fact } from '../../src/domain/event.ts'
import type { Rollout } from '../../src/domain/rollout.ts'
import { createPositions } from '../../src/narrator/position.ts'
import { tell } from '../../src/narrator/tell.ts'
import { keys } from '../../src/store/keys.ts'
import { eventRecord, pointerRecord, rolloutRecord } from '../../src/store/records.ts'
import { ownEtcd } from '../support/own-etcd.ts'
import { quietLog } from '../support/quiet-log.ts'
import { planOf, rolloutOf } from '../support/rollouts.ts'
import { ScriptedChat } from './scripted-chat.ts'

/** The narrator on a real etcd; only the chat is scripted, since its faults must come at chosen moments. */

const etcd = ownEtcd()
let store: EtcdStore
let chat: ScriptedChat
let id = 0

beforeAll(() => {
  store = etcd.newStore('/n/')
})
beforeEach(async () => {
  chat = new ScriptedChat()
  id++
  rollout = { ...rolloutOf(planOf()), id, seq: 0 }
  await store.commit({ require: [], puts: [{ key: keys.telling(id), value: pointerRecord.write({ id }) }] })
  await happen({ kind: 'accepted', by: rollout.requestedBy, retryOf: null })
})

let rollout: Rollout

/** Writes an event and the record with it, as the journal does. */
async function happen(fact: Fact, change: Partial<Rollout> = {}): Promise<void> {
  rollout = { ...rollout, ...change, seq: rollout.seq + 1 }
  const event = { rollout: id, seq: rollout.seq, at: Date.now(), fact }
  await store.commit({
    require: [],
    puts: [
      { key: keys.rollout(id), value: rolloutRecord.write(rollout) },
      { key: keys.event(id, rollout.seq), value: eventRecord.write(event) },
    ],
  })
}

const end = () =>
  happen(
    { kind: 'ended', phase: 'succeeded', reason: '3 of 3 replaced', journal: [], noJournal: null },
    { phase: 'succeeded', endedAt: Date.now() },
  )

/** Tells until it is told out, or `forMs` have passed: then as if the process had died. */
async function narrate(forMs = 30_000, editEveryMs = 20): Promise<string> {
  const positions = createPositions(store, 'test', () => Date.now())
  const lease = await store.grant(10_000)
  const telling = await positions.claim(id, lease)
  if (telling === null) throw new Error('told by another')
  const stop = AbortSignal.timeout(forMs)
  const parts = {
    positions,
    chat,
    clock: systemClock,
    log: quietLog(),
    historyChannel: () => 'CHISTORY',
    editEveryMs,
    news: (_: number, ms: number, signal: AbortSignal) => systemClock.sleep(Math.min(ms, 20), signal),
  }
  const how = await tell(telling, parts, stop)
  await lease.release()
  return how
}

const lines = () => chat.at('C1', true).map((one) => one.message.text)

describe('a rollout that is told', () => {
  it('has one root, its lines in order, one closing line, one reaction, and is told out', async () => {
    await happen({ kind: 'batch-began', batch: 0, units: ['api@1.service'], canary: false })
    await end()
    expect(await narrate()).toBe('told')
    expect(chat.at('C1', false)).toHaveLength(1)
    expect(lines().join('\n')).toMatch(/Plan abc[\s\S]*Batch 1 of 3: api@1[\s\S]*succeeded: 3 of 3 replaced/)
    expect(chat.at('CHISTORY', false)).toHaveLength(1)
    expect([...chat.reactions.values()]).toEqual(['white_check_mark'])
    expect(chat.at('C1', false)[0]?.message.text).toContain('succeeded')
    expect(await store.get(keys.telling(id))).toBeNull()
  })

  it('is found by its thread from the moment that its root is posted, also after an earlier version told it', async () => {
    const rootId = (): string => chat.at('C1', false)[0]?.id ?? ''
    const isFound = async (): Promise<boolean> => (await store.get(keys.threadAt('C1', rootId(), id))) !== null
    while (!(await isFound())) await narrate(300)
    const key = keys.threadAt('C1', rootId(), id)
    await store.commit({ require: [], puts: [], deletes: [key] })
    await end()
    await narrate()
    expect(await store.get(key)).not.toBeNull()
  }, 60_000)

  it('leaves nothing out when more has happened than one message holds', async () => {
    const reason = 'x'.repeat(400)
    for (let n = 0; n < 40; n++) {
      await happen({ kind: 'instance-failed', unit: `api@${n}.service`, reason: `for test ${n} ${reason}` })
    }
    await end()
    expect(await narrate()).toBe('told')
    const said = lines().join('\n')
    for (let n = 0; n < 40; n++) expect(said.split(`for test ${n} `)).toHaveLength(2)
    expect(said.indexOf('for test 38 ')).toBeLessThan(said.indexOf('for test 39 '))
    expect(said).toContain('succeeded: 3 of 3 replaced')
    for (const line of lines()) expect(line.length).toBeLessThanOrEqual(9000)
  })

  it('has its line at once while the root message may not be edited yet', async () => {
    const told = narrate(60_000, 600_000)
    const line = async (text: string): Promise<void> => {
      while (!lines().some((one) => one.includes(text))) await systemClock.sleep(20)
    }
    await line('Plan abc')
    // The root is another one now, and must wait for ten minutes.
    await happen({ kind: 'batch-done', batch: 0 }, { held: { by: 'fleet', reason: 'the fleet is away' } })
    await systemClock.sleep(200)
    await happen({ kind: 'held', reason: 'the fleet is away' })
    await line('Waiting: the fleet is away')
    expect(chat.at('C1', false)[0]?.edits).toBe(0)
    await end()
    expect(await told).toBe('told')
  }, 60_000)

  it('says nothing twice and leaves nothing out, however often the narrator dies', async () => {
    const telling = (async () => {
      for (let n = 0; n < 12; n++) {
        await happen({ kind: 'instance-failed', unit: `api@${n}.service`, reason: `for test ${n}` })
        await systemClock.sleep(30)
      }
      await end()
    })()
    for (let run = 0; run < 15; run++) if ((await narrate(40 + run * 7)) === 'told') break
    await telling
    await narrate().catch(() => undefined)
    const said = lines().join('\n')
    for (let n = 0; n < 12; n++) expect(said.match(new RegExp(`for test ${n}(?!\\d)`, 'g'))).toHaveLength(1)
    expect(said.indexOf('for test 3')).toBeLessThan(said.indexOf('for test 4'))
    expect(chat.at('C1', false)).toHaveLength(1)
    expect(chat.at('CHISTORY', false)).toHaveLength(1)
  })
})

describe('a chat that fails', () => {
  it('loses an answer after the message was shown: it is found again and not sent twice', async () => {
    const failure = { kind: 'unknown', reason: 'time-out' } as const
    chat.troubles.push({ call: 'post', failure, shown: true })
    await end()
    expect(await narrate()).toBe('told')
    expect(chat.at('C1', false)).toHaveLength(1)
    expect(chat.at('CHISTORY', false)).toHaveLength(1)
  })

  it('dies between post and store: the next narrator finds the message', async () => {
    await end()
    const blind = chat.ours.bind(chat)
    // The answer never comes back: the narrator is ended while it waits.
    const post = chat.post.bind(chat)
    chat.post = async (place, message) => {
      await post(place, message)
      return new Promise(() => undefined)
    }
    await Promise.race([narrate(300), systemClock.sleep(600)])
    chat.post = post
    chat.ours = blind
    await store.commit({ require: [], puts: [], deletes: [keys.narrator(id)] })
    expect(await narrate()).toBe('told')
    expect(chat.at('C1', false)).toHaveLength(1)
  })

  it('is too fast for it: it waits as long as it is told, and says the newest state', async () => {
    const later = { kind: 'later', retryAfterMs: 150, reason: 'ratelimited' } as const
    chat.troubles.push(
      { call: 'post', failure: later },
      { call: 'post', failure: later },
      { call: 'edit', failure: later },
    )
    await end()
    expect(await narrate()).toBe('told')
    expect(chat.at('C1', false)).toHaveLength(1)
    expect(chat.at('CHISTORY', false)).toHaveLength(1)
  })

  it('had its root deleted by a person: one new root, and the lines go on there', async () => {
    await narrate(200)
    const [root] = chat.at('C1', false)
    chat.remove(root?.id ?? '')
    await happen({ kind: 'batch-began', batch: 0, units: ['api@1.service'], canary: false }, { batch: 1 })
    await end()
    expect(await narrate()).toBe('told')
    const roots = chat.at('C1', false)
    expect(roots).toHaveLength(1)
    expect(roots[0]?.message.text).toContain('succeeded')
  })

  it('takes no reply to a deleted root: one new root in the same channel, and every line there', async () => {
    chat.threadsNeedRoots = true
    await narrate(200)
    chat.remove(chat.at('C1', false)[0]?.id ?? '')
    await happen({ kind: 'instance-failed', unit: 'api@1.service', reason: 'for test' })
    await end()
    expect(await narrate()).toBe('told')
    const [root, ...others] = chat.at('C1', false)
    expect(others).toEqual([])
    expect(root?.message.text).toContain('succeeded')
    const under = chat.at('C1', true).filter((one) => one.place.thread === root?.id)
    expect(under.map((one) => one.message.text).join('\n')).toMatch(/for test[\s\S]*succeeded: 3 of 3 replaced/)
    expect(chat.at('CHISTORY', false).map((one) => one.message.key)).toEqual([`r${id}.closing`])
  })

  it('lost the thread that the command was typed in: it is told in the channel', async () => {
    chat.threadsNeedRoots = true
    rollout = { ...rollout, place: { channel: 'C1', thread: '000000' } }
    await end()
    expect(await narrate()).toBe('told')
    const [root] = chat.at('C1', false)
    expect(root?.message.text).toContain('succeeded')
    expect(lines().join('\n')).toContain('succeeded: 3 of 3 replaced')
  })

  it('does not let us speak where it was asked for: it is told in the history channel, and the person hears where', async () => {
    chat.closed.add('C1')
    await end()
    expect(await narrate()).toBe('told')
    const there = chat.at('CHISTORY', false)
    expect(there.map((one) => one.message.key)).toEqual([`r${id}.root`, `r${id}.closing`])
    expect(JSON.stringify(there[0]?.message.sections)).toContain('/invite @opsee')
    const [word, ...more] = chat.at('U1', false)
    expect(more).toEqual([])
    expect(word?.message.text).toBe(
      `Rollout ${id} (deploy of api to production) is shown in <#CHISTORY>: I cannot speak in <#C1>, where you asked for it (not_in_channel). If I am not in that channel, \`/invite @opsee\` there helps.`,
    )
  })

  it('cannot show the person where it is told: it is told all the same', async () => {
    chat.closed.add('C1').add('U1')
    await end()
    expect(await narrate()).toBe('told')
    expect(chat.at('CHISTORY', false)).toHaveLength(2)
  })

  it('lets us speak in no channel: only the person hears of it, and the narrator ends', async () => {
    chat.closed.add('C1')
    chat.closed.add('CHISTORY')
    await end()
    expect(await narrate()).toBe('told')
    expect(chat.shown.map((one) => one.place.channel)).toEqual(['U1', 'U1'])
    expect(chat.shown[1]?.message.text).toContain(`goes on all the same: \`/opsee show ${id}\` says how`)
    expect(chat.posts).toBeLessThan(10)
  })

  it('refuses the layout: the text alone is said', async () => {
    chat.troubles.push({ call: 'post', failure: { kind: 'bad-layout', reason: 'invalid_blocks' } })
    await end()
    expect(await narrate()).toBe('told')
    expect(chat.at('C1', false)[0]?.message.text).toContain('succeeded')
  })

  it('will not have a message edited any more: the thread still says how it ended', async () => {
    await narrate(200)
    chat.troubles.push({ call: 'edit', failure: { kind: 'not-editable', reason: 'edit_window_closed' } })
    await end()
    expect(await narrate()).toBe('told')
    expect(lines().join('\n')).toContain('succeeded')
  })
})
