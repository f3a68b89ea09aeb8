import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { EtcdStore } from '../../src/adapters/etcd/store.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import type { Fact } from '../../src/domain/event.ts'
import type { Rollout } from '../../src/domain/rollout.ts'
import type { PlannedRelease } from '../../src/domain/plan.ts'
import type { Release } from '../../src/domain/release.ts'
import type { Lease } from '../../src/ports/store.ts'
import { createRollout } from '../../src/rollout/create.ts'
import type { NewRollout } from '../../src/rollout/new-rollout.ts'
import { createJournal, type Journal, type Loaded, type Ownership } from '../../src/rollout/journal.ts'
import { keys } from '../../src/store/keys.ts'
import { UnreadableRecord } from '../../src/store/record.ts'
import { lockRecord, pinRecord, stopRecord, wishesRecord } from '../../src/store/records.ts'
import { digestOf, releaseOf } from '../support/releases.ts'
import { ownEtcd } from '../support/own-etcd.ts'
import { askedFor, planOf } from '../support/rollouts.ts'

/** The only writer of rollouts, on a real etcd: what it refuses is what keeps the promises. */

const etcd = ownEtcd()
let store: EtcdStore
let journal: Journal
let lease: Lease
let service = 0

beforeAll(async () => {
  store = etcd.newStore('/j/')
  journal = createJournal(store, systemClock)
  lease = await store.grant(60_000)
})
afterAll(async () => {
  await lease.release()
})
beforeEach(() => {
  service++
})

const ann = { id: 'U1', name: 'ann' }
const bob = { id: 'U2', name: 'bob' }
const target = () => ({ service: `api${service}`, tier: 'production' })
const word = { by: bob, reason: null, at: 1, audit: 1 }
const step: Fact = { kind: 'batch-done', batch: 0 }

const v1 = releaseOf('1')
const v2At: PlannedRelease = {
  at: { by: 'tag', image: 'quay.io/opsee/api', tag: 'production' },
  from: digestOf('1'),
  to: releaseOf('2'),
  proof: { by: 'health', field: 'digest' },
}

const limits = { atOnce: () => null, length: 10, afterFailure: 'ask' as const }

const asked = (change: Partial<NewRollout> = {}): NewRollout => askedFor(planOf(target()), change)

async function begun(): Promise<{ own: Ownership; loaded: Loaded }> {
  const created = await createRollout(store, systemClock, asked(), limits)
  if (created.kind !== 'created') throw new Error(created.kind)
  const own = await journal.claim(created.id, lease, 'one')
  const loaded = await journal.load(created.id)
  if (own === null || loaded === null) throw new Error('not begun')
  return { own, loaded }
}

const lockBy = (by: typeof ann) =>
  lockRecord.write({ ...target(), by, why: 'incident', at: Date.now(), until: null, audit: 1 })
const put = (key: string, value: string) => store.commit({ require: [], puts: [{ key, value }] })
const changed = (rollout: Rollout): Rollout => ({ ...rollout, batch: rollout.batch + 1 })

describe('a step of a rollout', () => {
  it('is stored with its events in one transaction, numbered without a gap', async () => {
    const { own, loaded } = await begun()
    const wishes = await journal.wishes(loaded.rollout)
    const first = await journal.advance(own, loaded, changed(loaded.rollout), [step, step], wishes)
    if (first.kind !== 'stored') throw new Error(first.kind)
    const second = await journal.advance(own, first.loaded, changed(first.loaded.rollout), [step], wishes)
    expect(second.kind).toBe('stored')
    const events = await store.range(keys.events(own.id))
    expect(events.entries.map((entry) => Number(entry.key.slice(-12)))).toEqual([1, 2, 3, 4])
    expect((await journal.load(own.id))?.rollout.seq).toBe(4)
  })

  it('is not stored when a pause came since the wishes were read, nor when it was taken back', async () => {
    const { own, loaded } = await begun()
    const before = await journal.wishes(loaded.rollout)
    await put(
      keys.wish(own.id),
      wishesRecord.write({ abort: null, pause: { kind: 'pause', ...word }, take: null, go: null }),
    )
    expect(await journal.advance(own, loaded, changed(loaded.rollout), [step], before)).toEqual({ kind: 'moved' })
    const paused = await journal.wishes(loaded.rollout)
    expect(paused).toMatchObject({ abort: null, pause: { by: bob, at: 1 }, resumed: null })
    await put(
      keys.wish(own.id),
      wishesRecord.write({ abort: null, pause: { kind: 'resume', ...word }, take: null, go: null }),
    )
    expect(await journal.advance(own, loaded, changed(loaded.rollout), [step], paused)).toEqual({ kind: 'moved' })
    expect(await journal.wishes(loaded.rollout)).toMatchObject({ pause: null, resumed: { by: bob } })
  })

  it('is not stored when its tier was stopped since, nor when that was lifted', async () => {
    const { own, loaded } = await begun()
    const stop = { kind: 'stop' as const, tier: 'production', by: ann, why: 'down', at: 7, audit: 1 }
    const before = await journal.wishes(loaded.rollout)
    await put(keys.stop('production'), stopRecord.write(stop))
    expect(await journal.advance(own, loaded, changed(loaded.rollout), [step], before)).toEqual({ kind: 'moved' })
    // For everybody: it is of who began this rollout.
    const stopped = await journal.wishes(loaded.rollout)
    expect(stopped).toMatchObject({ pause: { kind: 'stop', by: ann, reason: 'down', at: 7 }, holds: [] })
    await put(
      keys.wish(own.id),
      wishesRecord.write({ abort: null, pause: { kind: 'pause', ...word }, take: null, go: null }),
    )
    expect((await journal.wishes(loaded.rollout)).pause).toMatchObject({ kind: 'pause', by: bob })
    await put(keys.stop('production'), stopRecord.write({ ...stop, kind: 'go', by: bob, why: null, at: 8 }))
    expect(await journal.advance(own, loaded, changed(loaded.rollout), [step], stopped)).toEqual({ kind: 'moved' })
    await put(keys.wish(own.id), wishesRecord.write({ abort: null, pause: null, take: null, go: null }))
    const held = { ...loaded.rollout, pause: stopped.pause }
    expect(await journal.wishes(held)).toMatchObject({ pause: null, resumed: { by: bob } })
  })

  it('stays stopped while the record of its tier cannot be read', async () => {
    const { loaded } = await begun()
    await put(keys.stop('production'), '{"v":1,"is":"?"}')
    const pause = { kind: 'stop' as const, by: bob, reason: 'down', at: 1 }
    const wishes = await journal.wishes({ ...loaded.rollout, pause })
    expect(wishes.pause).toEqual(pause)
    expect(wishes.holds).toHaveLength(1)
    await store.commit({ require: [], puts: [], deletes: [keys.stop('production')] })
  })

  it('begins nowhere where its tier is stopped, whoever asks', async () => {
    const stop = { kind: 'stop' as const, tier: 'production', by: ann, why: 'down', at: 7, audit: 1 }
    await put(keys.stop('production'), stopRecord.write(stop))
    expect(await createRollout(store, systemClock, asked(), limits)).toEqual({ kind: 'stopped', stop })
    await put(keys.stop('production'), stopRecord.write({ ...stop, kind: 'go', why: null }))
    expect(await createRollout(store, systemClock, asked(), limits)).toMatchObject({ kind: 'created' })
  })

  it('does not pass the lock of whom it was taken from', async () => {
    const { own, loaded } = await begun()
    const lock = { ...target(), by: ann, why: 'mine', at: 1, until: null, audit: 1 }
    await put(keys.targetLock(target()), lockRecord.write(lock))
    expect((await journal.wishes(loaded.rollout)).holds).toEqual([])
    await put(keys.wish(own.id), wishesRecord.write({ abort: null, pause: null, take: word, go: null }))
    const wishes = await journal.wishes(loaded.rollout)
    expect(wishes).toMatchObject({ take: { by: bob } })
    expect(wishes.holds).toHaveLength(1)
  })

  it('holds, and stays paused, when what people want of it cannot be read', async () => {
    const { own, loaded } = await begun()
    await put(keys.wish(own.id), '{"v":1,"is":{"pause":"yes"}}')
    const pause = { kind: 'pause' as const, by: bob, reason: null, at: 1 }
    const wishes = await journal.wishes({ ...loaded.rollout, pause })
    expect(wishes).toMatchObject({ abort: null, pause })
    expect(wishes.holds).toHaveLength(1)
    expect((await journal.wishes(loaded.rollout)).pause).toBeNull()
  })

  it('is not stored when an abort came since the wishes were read', async () => {
    const { own, loaded } = await begun()
    const wishes = await journal.wishes(loaded.rollout)
    await put(keys.wish(own.id), wishesRecord.write({ abort: word, pause: null, take: null, go: null }))
    expect(await journal.advance(own, loaded, changed(loaded.rollout), [step], wishes)).toEqual({ kind: 'moved' })
    expect((await journal.load(own.id))?.rollout).toEqual(loaded.rollout)
    expect((await journal.wishes(loaded.rollout)).abort).toMatchObject({ by: bob })
  })

  it.each([
    ['the target', () => keys.targetLock(target())],
    ['the tier', () => keys.tierLock('production')],
  ])('is not stored when somebody locked %s since', async (_, key) => {
    const { own, loaded } = await begun()
    const wishes = await journal.wishes(loaded.rollout)
    await put(key(), lockBy(bob))
    expect(await journal.advance(own, loaded, changed(loaded.rollout), [step], wishes)).toEqual({ kind: 'moved' })
    expect((await journal.wishes(loaded.rollout)).holds).toHaveLength(1)
    await store.commit({ require: [], puts: [], deletes: [key()] })
  })

  it('is not stored when somebody pinned its target to another release since, and holds until that is lifted', async () => {
    const created = await createRollout(
      store,
      systemClock,
      askedFor(planOf({ ...target(), release: v2At }), {}),
      limits,
    )
    if (created.kind !== 'created') throw new Error(created.kind)
    const own = await journal.claim(created.id, lease, 'one')
    const loaded = await journal.load(created.id)
    if (own === null || loaded === null) throw new Error('not begun')
    const wishes = await journal.wishes(loaded.rollout)
    expect(wishes.holds).toEqual([])
    const pinTo = (release: Release) =>
      put(keys.pin(target()), pinRecord.write({ ...target(), release, by: bob, why: 'demo day', at: 1, audit: 1 }))
    await pinTo(v1)
    expect(await journal.advance(own, loaded, changed(loaded.rollout), [step], wishes)).toEqual({ kind: 'moved' })
    expect((await journal.wishes(loaded.rollout)).holds).toEqual([
      expect.stringMatching(/ is pinned to v1 .*by bob \(demo day\); `unpin api\d+ production` lifts that$/),
    ])
    const rollback = { stage: 'going' as const, reason: 'ill', unit: null, dueAt: 1, by: null, again: [] }
    await pinTo(releaseOf('3'))
    // What is taken back goes to what was well, whatever is pinned.
    const back = {
      ...loaded.rollout,
      rollback,
      plan: { ...loaded.rollout.plan, rollback: { to: v1, id: 1, afterMs: 1 } },
    }
    expect((await journal.wishes(back)).holds).toEqual([])
    await pinTo(v2At.to)
    expect((await journal.wishes(loaded.rollout)).holds).toEqual([])
  })

  it('is not stored once another process drives it, and that one is told nothing happened', async () => {
    const { own, loaded } = await begun()
    const wishes = await journal.wishes(loaded.rollout)
    expect(await journal.claim(own.id, lease, 'two')).toBeNull()
    await store.commit({ require: [], puts: [], deletes: [keys.owner(own.id)] })
    const other = await journal.claim(own.id, lease, 'two')
    expect(other).not.toBeNull()
    expect(await journal.advance(own, loaded, changed(loaded.rollout), [step], wishes)).toEqual({ kind: 'fenced' })
    expect((await journal.load(own.id))?.rollout).toEqual(loaded.rollout)
  })

  it('ends it once: one row in each history, a free target, and a second end is refused', async () => {
    const { own, loaded } = await begun()
    const wishes = await journal.wishes(loaded.rollout)
    const ended: Rollout = { ...loaded.rollout, phase: 'succeeded', endedAt: Date.now() }
    const fact: Fact = { kind: 'ended', phase: 'succeeded', reason: 'ok', journal: [], noJournal: null }
    expect((await journal.advance(own, loaded, ended, [fact], wishes)).kind).toBe('stored')
    expect((await journal.advance(own, loaded, ended, [fact], wishes)).kind).toBe('moved')
    expect((await store.range(keys.histories(target()))).entries).toHaveLength(1)
    expect(await store.get(keys.active(target()))).toBeNull()
    expect(await store.get(keys.current(target()))).not.toBeNull()
  })
})

describe('a new rollout', () => {
  it('does not pass the lock of another, but its own', async () => {
    await put(keys.targetLock(target()), lockBy(bob))
    expect(await createRollout(store, systemClock, asked(), limits)).toMatchObject({
      kind: 'locked',
      lock: { by: bob },
    })
    await put(keys.targetLock(target()), lockBy(ann))
    expect(await createRollout(store, systemClock, asked(), limits)).toMatchObject({ kind: 'created' })
  })

  it('does not pass a lock that cannot be read, and leaves it as it is', async () => {
    await put(keys.targetLock(target()), 'rubbish')
    await expect(createRollout(store, systemClock, asked(), limits)).rejects.toThrow(UnreadableRecord)
    expect((await store.get(keys.targetLock(target())))?.value).toBe('rubbish')
    expect(await store.get(keys.active(target()))).toBeNull()
  })

  it('takes up a failed one once, however often it is asked for', async () => {
    const first = await createRollout(store, systemClock, asked({ retryOf: 77_000 + service }), limits)
    if (first.kind !== 'created') throw new Error(first.kind)
    const again = await createRollout(store, systemClock, asked({ retryOf: 77_000 + service }), limits)
    expect(again).toEqual({ kind: 'repeated', id: first.id })
  })
})
