import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { EtcdStore } from '../../src/adapters/etcd/store.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import type { Fact } from '../../src/domain/event.ts'
import type { Blocker, Plan } from '../../src/domain/plan.ts'
import type { Rollout } from '../../src/domain/rollout.ts'
import { createRollout, type Created, type QueueLimits } from '../../src/rollout/create.ts'
import type { NewRollout } from '../../src/rollout/new-rollout.ts'
import type { Checked } from '../../src/rollout/decide-wait.ts'
import { createJournal, type Loaded, type Ownership } from '../../src/rollout/journal.ts'
import { createLineReader } from '../../src/rollout/line-reader.ts'
import { defaultPatience } from '../../src/rollout/observation.ts'
import { rolloutWork } from '../../src/rollout/supervise.ts'
import { waitInLine, type Waited } from '../../src/rollout/wait-in-line.ts'
import { claimWork } from '../../src/services/claimed-work.ts'
import { confirm } from '../../src/services/confirm.ts'
import type { Admission } from '../../src/services/capabilities.ts'
import { createRolloutReader } from '../../src/services/rollout-reader.ts'
import { keys } from '../../src/store/keys.ts'
import { lockRecord, placeRecord, rolloutRecord, wishesRecord } from '../../src/store/records.ts'
import { askedFor, planOf, rolloutOf } from '../support/rollouts.ts'
import { ownEtcd } from '../support/own-etcd.ts'
import { quietLog } from '../support/quiet-log.ts'
import { nothingWanted, noPreparations, releaseOf } from '../support/releases.ts'

/** The queue on a real etcd. What a process would do besides (fleet, door) answers as each test says. */

const etcd = ownEtcd()
let n = 0
const ends: (() => Promise<void>)[] = []

const newStore = (): EtcdStore => etcd.newStore('/q/')
let store: EtcdStore

beforeAll(async () => {
  store = newStore()
})
afterAll(async () => {
  await Promise.all(ends.map((end) => end()))
})
beforeEach(() => {
  n++
  allowed = true
  limits = { atOnce: () => null, length: 3, afterFailure: 'ask' }
  planned = (rollout) => ({ kind: 'plan', plan: rollout.plan, blockers: [] })
})

const ann = { id: 'U1', name: 'ann' }
const bob = { id: 'U2', name: 'bob' }
/** A tier of its own for each test. */
const target = (service = 'api') => ({ service, tier: `tier${n}` })
const planFor = (service = 'api', hash = 'abc'): Plan => planOf({ ...target(service), hash })
const typed = { batch: null, canary: null, force: false }

let allowed = true
let planned: (rollout: Rollout) => Checked
const admission: Admission = {
  plan: async (rollout) => planned(rollout),
  allow: async () => (allowed ? { kind: 'allowed', audit: 77 } : { kind: 'denied', reason: 'You may not.' }),
}

let limits: QueueLimits = { atOnce: () => null, length: 3, afterFailure: 'ask' }

const request = (plan: Plan, change: Partial<NewRollout> = {}): Promise<Created> =>
  createRollout(store, systemClock, askedFor(plan, change), limits)

async function idOf(result: Promise<Created>, kind: 'created' | 'queued'): Promise<number> {
  const made = await result
  if (made.kind !== kind || !('id' in made)) throw new Error(JSON.stringify(made))
  return made.id
}

const reader = () => createRolloutReader(store, [])
async function rollout(id: number): Promise<Rollout> {
  const found = await reader().get(id)
  if (found === null) throw new Error(`no rollout ${id}`)
  return found
}
const facts = async (id: number) => (await reader().events(id)).records.map((event) => event.fact)

/** Ends a rollout that rolls, as its driver would. */
async function finish(
  id: number,
  phase: 'succeeded' | 'failed' | 'aborted' | 'rollback-failed' = 'succeeded',
): Promise<void> {
  const journal = createJournal(store, systemClock)
  const lease = await store.grant(10_000)
  const own = await claimed(journal, id, lease)
  const loaded = await loadedOf(journal, id)
  const ended = { ...loaded.rollout, phase, endedAt: Date.now() }
  const fact: Fact = { kind: 'ended', phase, reason: 'done', journal: [], noJournal: null }
  const advanced = await journal.advance(own, loaded, ended, [fact], await journal.wishes(loaded.rollout))
  if (advanced.kind !== 'stored') throw new Error(advanced.kind)
  await lease.release()
}

async function claimed(
  journal: ReturnType<typeof createJournal>,
  id: number,
  lease: Parameters<typeof journal.claim>[1],
): Promise<Ownership> {
  for (let tries = 0; tries < 100; tries++) {
    const own = await journal.claim(id, lease, 'one')
    if (own !== null) return own
    await systemClock.sleep(50)
  }
  throw new Error(`somebody drives ${id}`)
}

async function loadedOf(journal: ReturnType<typeof createJournal>, id: number): Promise<Loaded> {
  const loaded = await journal.load(id)
  if (loaded === null) throw new Error(`no rollout ${id}`)
  return loaded
}

/** A process that waits with a rollout until it has begun or ended; `die` lets its lease go as a crash would. */
async function waiter(id: number): Promise<{ readonly waited: Promise<Waited>; readonly die: () => Promise<void> }> {
  const own = newStore()
  const journal = createJournal(own, systemClock)
  const lease = await own.grant(10_000)
  const ownership = await claimed(journal, id, lease)
  const stop = new AbortController()
  const parts = {
    journal,
    line: createLineReader(own, systemClock),
    limits,
    admission,
    clock: systemClock,
    log: quietLog(),
  }
  const waited = waitInLine(ownership, parts, stop.signal)
  void waited.finally(() => {
    void lease.release()
  })
  const die = async (): Promise<void> => {
    stop.abort()
    await waited
    await lease.release()
  }
  ends.push(die)
  return { waited, die }
}

async function until(id: number, reached: (one: Rollout) => boolean): Promise<Rollout> {
  for (let tries = 0; tries < 400; tries++) {
    const found = await rollout(id)
    if (reached(found)) return found
    await systemClock.sleep(50)
  }
  throw new Error(`rollout ${id} did not get there: ${JSON.stringify(await rollout(id))}`)
}

const waitsFor = (kind: string) => (one: Rollout) => one.waiting?.for.kind === kind
const put = (key: string, value: string) => store.commit({ require: [], puts: [{ key, value }] })

describe('a second rollout of a busy target', () => {
  it('waits at the end of the queue, which never gets longer than it may', async () => {
    const first = await idOf(request(planFor()), 'created')
    const waiting = [
      await idOf(request(planFor('api', 'p1')), 'queued'),
      await idOf(request(planFor('api', 'p2')), 'queued'),
      await idOf(request(planFor('api', 'p3')), 'queued'),
    ]
    const [second = 0, third = 0, fourth = 0] = waiting
    expect((await rollout(fourth)).waiting?.for).toEqual({ kind: 'turn', live: first, ahead: [second, third] })
    expect(await facts(second)).toMatchObject([{ kind: 'queued', reason: expect.stringContaining('place 1') }])
    expect(await store.get(keys.telling(fourth))).not.toBeNull()
    expect(await request(planFor('api', 'p4'))).toMatchObject({ kind: 'full', waiting })
    expect((await reader().waiting()).map((one) => one.id).filter((id) => waiting.includes(id))).toEqual(waiting)
  })

  it('is the one that waits already when it would do just the same', async () => {
    await idOf(request(planFor()), 'created')
    const second = await idOf(request(planFor()), 'queued')
    expect(await request(planFor(), { requestedBy: bob })).toMatchObject({ kind: 'joined', rollout: { id: second } })
    const others = [request(planFor(), { typed: { ...typed, batch: '2' } }), request(planFor(), { next: ['vape'] })]
    for (const other of others) expect((await other).kind).toBe('queued')
  })

  it('goes behind those that wait even when the target is free at that moment', async () => {
    const first = await idOf(request(planFor()), 'created')
    const second = await idOf(request(planFor('api', 'p1')), 'queued')
    await finish(first)
    const third = await idOf(request(planFor('api', 'p2')), 'queued')
    expect((await rollout(third)).waiting?.for).toEqual({ kind: 'turn', live: null, ahead: [second] })
  })

  it('moves up as others end, begins in order, and once each, whoever asks at the same time', async () => {
    const all = await Promise.all([1, 2, 3, 4].map((one) => request(planFor('api', `p${one}`))))
    const first = all.find((one) => one.kind === 'created')
    if (first?.kind !== 'created') throw new Error('none began')
    const waiting = all.flatMap((one) => (one.kind === 'queued' ? [one.id] : [])).sort((a, b) => a - b)
    expect(waiting).toHaveLength(3)
    const begun: number[] = []
    const waiters = await Promise.all(waiting.map((id) => waiter(id)))
    const done = waiters.map(async ({ waited }, index) => {
      expect(await waited).toBe('begun')
      begun.push(waiting[index] ?? 0)
    })
    let live = first.id
    for (const next of waiting) {
      await finish(live)
      const now = await until(next, (one) => one.phase === 'rolling')
      expect(now).toMatchObject({ waiting: null, audit: 77 })
      expect(await store.get(keys.queued(target(), next))).toBeNull()
      const behind = waiting.filter((id) => id > next)
      for (const [index, id] of behind.entries()) {
        const turn = { kind: 'turn', live: next, ahead: behind.slice(0, index) }
        await until(id, (one) => JSON.stringify(one.waiting?.for) === JSON.stringify(turn))
      }
      live = next
    }
    await Promise.all(done)
    expect(begun).toEqual(waiting)
    for (const id of waiting)
      expect((await facts(id)).map((fact) => fact.kind)).toEqual(['queued', 'begun', ...(id === live ? [] : ['ended'])])
  })
})

/** One that rolls, and one that waits behind it with a process of its own. */
async function twoOf(): Promise<{ first: number; second: number; waited: Promise<Waited>; die: () => Promise<void> }> {
  const first = await idOf(request(planFor()), 'created')
  const second = await idOf(request(planFor(), { requestedBy: bob }), 'queued')
  return { first, second, ...(await waiter(second)) }
}

const historyOf = async (id: number) =>
  (await store.range('history/all/')).entries.filter((entry) => entry.value.includes(`"id":${id},`))

describe('a waiting rollout', () => {
  it('leaves the queue when it is aborted, with one history row, and leaves the target to whom it belongs', async () => {
    const { first, second, waited } = await twoOf()
    const third = await idOf(request(planFor('api', 'p2')), 'queued')
    const wish = { by: ann, reason: 'not now', at: Date.now(), audit: 2 } as const
    await put(keys.wish(second), wishesRecord.write({ abort: wish, pause: null, take: null, go: null }))
    expect(await waited).toBe('ended')
    expect(await rollout(second)).toMatchObject({
      phase: 'cancelled',
      ending: { why: 'withdrawn', by: ann },
      waiting: null,
    })
    expect((await facts(second)).at(-1)).toMatchObject({ reason: 'ann took it out of the queue: not now' })
    expect(await historyOf(second)).toHaveLength(1)
    expect((await reader().live(target()))?.id).toBe(first)
    for (const key of [keys.queued(target(), second), keys.wish(second)]) expect(await store.get(key)).toBeNull()
    await waiter(third)
    await until(
      third,
      (one) => JSON.stringify(one.waiting?.for) === JSON.stringify({ kind: 'turn', live: first, ahead: [] }),
    )
  })

  it('is cancelled in words when the right to it was lost, and so is one with nothing left to roll', async () => {
    const { first, second, waited } = await twoOf()
    allowed = false
    await finish(first)
    expect(await waited).toBe('ended')
    expect(await rollout(second)).toMatchObject({ phase: 'cancelled', ending: { why: 'denied' } })
    expect((await facts(second)).at(-1)).toMatchObject({
      kind: 'ended',
      reason: 'the right to it was lost while it waited: You may not.',
    })
    expect(await historyOf(second)).toHaveLength(1)
    expect(await reader().live(target())).toBeNull()

    allowed = true
    const third = await idOf(request(planFor()), 'created')
    const fourth = await idOf(request(planFor('api', 'p2')), 'queued')
    planned = () => ({ kind: 'impossible', why: 'gone', reason: 'api is no longer in the configuration' })
    const last = await waiter(fourth)
    await finish(third)
    expect(await last.waited).toBe('ended')
    expect((await facts(fourth)).at(-1)).toMatchObject({ reason: 'api is no longer in the configuration' })
  })

  it('begins with what was seen last, when the plan is the same', async () => {
    const { first, second, waited } = await twoOf()
    const fresh = { ...planFor(), warnings: ['seen later'] }
    planned = () => ({ kind: 'plan', plan: fresh, blockers: [] })
    await finish(first)
    expect(await waited).toBe('begun')
    expect((await rollout(second)).plan).toEqual(fresh)
    expect((await facts(second)).map((fact) => fact.kind)).toEqual(['queued', 'begun'])
  })

  it('shows a plan that changed, waits for a yes to that one and to no other, and begins with it', async () => {
    const { first, second, waited } = await twoOf()
    planned = () => ({ kind: 'plan', plan: planFor('api', 'other'), blockers: [] })
    await finish(first)
    await until(second, waitsFor('yes'))
    expect((await facts(second)).at(-1)).toMatchObject({ kind: 'plan-changed', was: 'abc', plan: { hash: 'other' } })
    expect(await reader().live(target())).toBeNull()
    const grant = { right: 'deploy', scope: { kind: 'target', target: target() }, owner: null, actor: ann } as const
    const mine = { ...grant, audit: 5, requestKey: 'k' }
    const parts = { store, clock: systemClock }
    expect(await confirm(parts, mine, second, 'abc')).toEqual({ kind: 'changed', hash: 'other' })
    await expect(confirm(parts, { ...mine, right: 'restart' }, second, null)).rejects.toThrow(
      /takes the right to deploy/,
    )
    const elsewhere = { ...mine, scope: { kind: 'target', target: target('vape') } } as const
    await expect(confirm(parts, elsewhere, second, null)).rejects.toThrow(/not what was authorized/)
    expect(await confirm(parts, mine, second, 'other')).toMatchObject({ kind: 'confirmed', hash: 'other' })
    expect(await waited).toBe('begun')
    expect((await facts(second)).map((fact) => fact.kind)).toEqual(['queued', 'plan-changed', 'confirmed', 'begun'])
    expect((await rollout(second)).plan.hash).toBe('other')
    expect(await confirm(parts, mine, second, null)).toMatchObject({ kind: 'not-asked' })
  })

  it('shows the plan once more when it changed again after the yes', async () => {
    const { first, second } = await twoOf()
    planned = () => ({ kind: 'plan', plan: planFor('api', 'other'), blockers: [] })
    await finish(first)
    await until(second, waitsFor('yes'))
    planned = () => ({ kind: 'plan', plan: planFor('api', 'third'), blockers: [] })
    const grant = { right: 'deploy', scope: { kind: 'target', target: target() }, owner: null, actor: ann } as const
    await confirm({ store, clock: systemClock }, { ...grant, audit: 5, requestKey: 'k' }, second, 'other')
    await until(second, (one) => one.waiting?.for.kind === 'yes' && one.waiting.for.hash === 'third')
    expect((await facts(second)).map((fact) => fact.kind)).toEqual(['queued', 'plan-changed', 'plan-changed'])
    expect(await reader().live(target())).toBeNull()
  })

  it('asks for a yes when something stands in its way, unless it was forced', async () => {
    const down: Blocker = { kind: 'already-down', message: '2 of 3 do not serve now', force: true }
    planned = (one) => ({ kind: 'plan', plan: one.plan, blockers: [down] })
    const { first, second } = await twoOf()
    const forced = await idOf(request(planFor('api', 'p2'), { force: true }), 'queued')
    await finish(first)
    const asking = await until(second, waitsFor('yes'))
    expect(asking.waiting?.for).toMatchObject({ obstacles: [{ message: '2 of 3 do not serve now' }] })
    const wish = { by: ann, reason: null, at: Date.now(), audit: 2 } as const
    await put(keys.wish(second), wishesRecord.write({ abort: wish, pause: null, take: null, go: null }))
    expect(await (await waiter(forced)).waited).toBe('begun')
  })

  it('waits for a lock of somebody else to go, and says for whose', async () => {
    const { first, second, waited } = await twoOf()
    const lock = { ...target(), by: ann, why: 'incident', at: Date.now(), until: null, audit: 2 }
    await put(keys.targetLock(target()), lockRecord.write(lock))
    await finish(first)
    const held = await until(second, waitsFor('hold'))
    expect(held.waiting?.for).toMatchObject({ reason: expect.stringContaining('is locked by ann: incident') })
    expect((await facts(second)).at(-1)).toMatchObject({ kind: 'waits' })
    await store.commit({ require: [], puts: [], deletes: [keys.targetLock(target())] })
    expect(await waited).toBe('begun')
  })

  it('does not begin while it is paused, and does once it is resumed', async () => {
    const { first, second, waited } = await twoOf()
    const said = { by: ann, reason: 'graphs', at: Date.now(), audit: 2 }
    const last = (kind: 'pause' | 'resume') =>
      put(keys.wish(second), wishesRecord.write({ abort: null, pause: { kind, ...said }, take: null, go: null }))
    await last('pause')
    await finish(first)
    const held = await until(second, waitsFor('hold'))
    expect(held.waiting?.for).toMatchObject({ reason: 'it is paused by ann: graphs' })
    await last('resume')
    expect(await waited).toBe('begun')
  })

  it('is taken up where it stood when the process that waited with it dies, before and after its turn came', async () => {
    const { first, second, die } = await twoOf()
    await die()
    await finish(first)
    expect((await rollout(second)).phase).toBe('queued')
    const [one, other] = await Promise.allSettled([waiter(second), waiter(second)])
    const both = [one, other].flatMap((settled) => (settled.status === 'fulfilled' ? [settled.value.waited] : []))
    expect(await Promise.race(both)).toBe('begun')
    expect((await facts(second)).filter((fact) => fact.kind === 'begun')).toHaveLength(1)
    expect((await reader().live(target()))?.id).toBe(second)
  })
})

const yesOf = (id: number, hash: string | null = null) => {
  const grant = { right: 'deploy', scope: { kind: 'target', target: target() }, owner: null, actor: ann } as const
  return confirm({ store, clock: systemClock }, { ...grant, audit: 5, requestKey: 'k' }, id, hash)
}

describe('after a failure on a target', () => {
  it.each(['failed', 'aborted', 'rollback-failed'] as const)(
    'the same deploy, typed twice, does not start by itself when the first one ended as %s',
    async (phase) => {
      const { first, second, waited } = await twoOf()
      await finish(first, phase)
      const asking = await until(second, waitsFor('yes'))
      expect(asking.waiting?.for).toMatchObject({
        hash: 'abc',
        obstacles: [{ kind: 'failed-before', message: expect.stringContaining(`rollout ${first} `) }],
      })
      expect((await facts(second)).map((fact) => fact.kind)).toEqual(['queued', 'plan-changed'])
      await systemClock.sleep(1500)
      expect(await reader().live(target())).toBeNull()
      expect(await yesOf(second)).toMatchObject({ kind: 'confirmed' })
      expect(await waited).toBe('begun')
    },
  )

  it('each of several asks, also once another one has succeeded', async () => {
    const first = await idOf(request(planFor()), 'created')
    const second = await idOf(request(planFor('api', 'p1')), 'queued')
    const third = await idOf(request(planFor('api', 'p2')), 'queued')
    const [one, two] = [await waiter(second), await waiter(third)]
    await finish(first, 'failed')
    for (const id of [second, third]) await until(id, waitsFor('yes'))
    await yesOf(second)
    expect(await one.waited).toBe('begun')
    await until(third, waitsFor('turn'))
    await finish(second)
    const asking = await until(third, waitsFor('yes'))
    expect(asking.waiting?.for).toMatchObject({ obstacles: [{ message: `rollout ${first} failed before it` }] })
    await yesOf(third)
    expect(await two.waited).toBe('begun')
  })

  it('a command that a person types then begins at once, and those that ask keep their places', async () => {
    const { first, second } = await twoOf()
    await finish(first, 'failed')
    await until(second, waitsFor('yes'))
    const typed = await idOf(request(planFor('api', 'p9'), { command: 'rollback api production' }), 'created')
    expect((await reader().live(target()))?.id).toBe(typed)
    await until(second, waitsFor('turn'))
    await finish(typed)
    await until(second, waitsFor('yes'))
  })

  it('one that is typed before the others have seen the failure overtakes them as soon as they have', async () => {
    const first = await idOf(request(planFor()), 'created')
    const second = await idOf(request(planFor('api', 'p1')), 'queued')
    await finish(first, 'failed')
    const typed = await idOf(request(planFor('api', 'p9')), 'queued')
    const [asks, begins] = [await waiter(second), await waiter(typed)]
    expect(await begins.waited).toBe('begun')
    expect((await rollout(second)).phase).toBe('queued')
    await asks.die()
  })

  it('one that waits for a lock lets a later one of the lock holder pass', async () => {
    const { first, second } = await twoOf()
    const lock = { ...target(), by: ann, why: 'incident', at: Date.now(), until: null, audit: 2 }
    await put(keys.targetLock(target()), lockRecord.write(lock))
    await finish(first, 'failed')
    await until(second, waitsFor('hold'))
    expect((await request(planFor('api', 'p9'))).kind).toBe('created')
  })

  it('a build that deploys itself asks, and begins by itself again after a success', async () => {
    const hook = { asker: { kind: 'hook' }, requestedBy: { id: 'builds', name: null } } as const
    await finish(await idOf(request(planFor()), 'created'), 'failed')
    const pushed = await request(planFor('api', 'p1'), hook)
    expect(pushed).toMatchObject({ kind: 'queued', for: { kind: 'yes', obstacles: [{ kind: 'failed-before' }] } })
    expect(await request(planFor('api', 'p1'), hook)).toMatchObject({ kind: 'joined' })
    const typed = await idOf(request(planFor('api', 'p2')), 'created')
    await finish(typed)
    expect((await request(planFor('api', 'p3'), hook)).kind).toBe('created')
  })

  it('a later service of a list asks when its target failed since the list was typed', async () => {
    const at = Date.now()
    await finish(await idOf(request(planFor()), 'created'), 'failed')
    const list = (typedAt: number) => request(planFor('api', `p${typedAt}`), { asker: { kind: 'list', typedAt } })
    expect(await list(at)).toMatchObject({ kind: 'queued', for: { kind: 'yes' } })
    expect(await list(Date.now() + 60_000)).toMatchObject({ kind: 'created' })
  })

  it('a retry proceeds', async () => {
    const first = await idOf(request(planFor()), 'created')
    await finish(first, 'failed')
    expect((await request(planFor(), { retryOf: first })).kind).toBe('created')
  })

  it('starts by itself where the configuration says so', async () => {
    limits = { ...limits, afterFailure: 'start' }
    const { first, second, waited } = await twoOf()
    await finish(first, 'failed')
    expect(await waited).toBe('begun')
    expect((await rollout(second)).phase).toBe('rolling')
  })

  it('asks also with a record that an earlier version wrote', async () => {
    const first = await idOf(request(planFor()), 'created')
    const second = await idOf(request(planFor()), 'queued')
    const entry = await store.get(keys.rollout(second))
    const old = await rollout(second)
    if (old.waiting === null || entry === null) throw new Error('it does not wait')
    const { failuresAfter: _, ...waiting } = old.waiting
    await put(keys.rollout(second), rolloutRecord.write({ ...old, waiting }))
    await finish(first, 'failed')
    await waiter(second)
    expect((await until(second, waitsFor('yes'))).phase).toBe('queued')
  })
})

const released = (digit: string, change: Partial<Plan> = {}): Plan => ({
  ...planFor('api', `release-${digit}`),
  release: {
    at: { by: 'tag', image: 'quay.io/opsee/api', tag: 'production' },
    from: null,
    to: releaseOf(digit),
    proof: { by: 'health', field: 'release' },
  },
  ...change,
})

describe('the same command again', () => {
  it('while the first one is live names that one, and nothing is added', async () => {
    const first = await idOf(request(released('2')), 'created')
    expect(await request(released('2', { hash: 'seen later' }))).toMatchObject({
      kind: 'joined',
      rollout: { id: first },
    })
    expect((await reader().waiting()).filter((one) => one.target.tier === target().tier)).toEqual([])
  })

  it('at the very same moment makes one rollout', async () => {
    const made = await Promise.all([1, 2, 3].map(() => request(released('2'))))
    expect(made.map((one) => one.kind).toSorted()).toEqual(['created', 'joined', 'joined'])
  })

  it.each<[string, () => Plan, Partial<NewRollout>]>([
    ['another release', () => released('3'), {}],
    ['another kind', () => released('2', { kind: 'restart' }), {}],
    ['another batch', () => released('2'), { typed: { ...typed, batch: '2' } }],
    ['unit files too', () => released('2'), { typed: { ...typed, units: true } }],
    ['services behind it', () => released('2'), { next: ['vape'] }],
    ['another instance', () => released('2', planOf({ units: ['api@4.service'] })), {}],
    ['no known release', () => planFor(), {}],
  ])('with %s is another one', async (_, plan, change) => {
    await idOf(request(released('2')), 'created')
    expect((await request({ ...plan(), ...target(), release: plan().release }, change)).kind).toBe('queued')
  })

  it('joins the last in line alone: what waits in between would be undone', async () => {
    await idOf(request(released('2')), 'created')
    const between = await idOf(request(released('3')), 'queued')
    const last = await idOf(request(released('2')), 'queued')
    expect(await request(released('2'))).toMatchObject({ kind: 'joined', rollout: { id: last } })
    expect(between).toBeLessThan(last)
  })

  it('does not join one that is being aborted', async () => {
    const first = await idOf(request(released('2')), 'created')
    const wish = { by: ann, reason: null, at: Date.now(), audit: 2 } as const
    await put(keys.wish(first), wishesRecord.write({ abort: wish, pause: null, take: null, go: null }))
    expect((await request(released('2'))).kind).toBe('queued')
  })

  it('of a scale names the live one to the same number', async () => {
    const scale = (to: number): Plan => ({ ...planFor('api', `to-${to}`), kind: 'scale', scale: { from: 3, to } })
    const first = await idOf(request(scale(5)), 'created')
    const later = { ...scale(5), hash: 'made in the middle', scale: { from: 4, to: 5 } }
    expect(await request(later)).toMatchObject({ kind: 'joined', rollout: { id: first } })
    expect((await request(scale(6))).kind).toBe('queued')
  })
})

describe('a rollout that became pointless while it waited', () => {
  it('ends itself, says why, and those behind it go on', async () => {
    const { first, second, waited } = await twoOf()
    const third = await idOf(request(planFor('api', 'p2')), 'queued')
    const behind = await waiter(third)
    planned = (one) =>
      one.id === second
        ? { kind: 'impossible', why: 'pointless', reason: 'the instances are already there: 5 of 5' }
        : { kind: 'plan', plan: one.plan, blockers: [] }
    await finish(first)
    expect(await waited).toBe('ended')
    expect(await rollout(second)).toMatchObject({ phase: 'cancelled', ending: { why: 'pointless' }, waiting: null })
    expect((await facts(second)).at(-1)).toMatchObject({ kind: 'ended', phase: 'cancelled' })
    expect(await historyOf(second)).toHaveLength(1)
    expect(await behind.waited).toBe('begun')
  })

  it('takes the rest of its list along, and is no failure for those that wait', async () => {
    const first = await idOf(request(planFor()), 'created')
    const second = await idOf(request(planFor(), { next: ['vape'] }), 'queued')
    const third = await idOf(request(planFor('api', 'p2')), 'queued')
    planned = (one) =>
      one.id === second
        ? { kind: 'impossible', why: 'pointless', reason: 'it runs already' }
        : { kind: 'plan', plan: one.plan, blockers: [] }
    const [one, other] = [await waiter(second), await waiter(third)]
    await finish(first)
    expect(await one.waited).toBe('ended')
    expect(await store.get(keys.following(second))).not.toBeNull()
    expect(await other.waited).toBe('begun')
  })
})

describe('a queue of 10,000 forged and forgotten places', () => {
  it('costs nobody anything: a deploy is refused at once and says how many wait, another service begins', async () => {
    await idOf(request(planFor()), 'created')
    const places = Array.from({ length: 10_000 }, (_, index) => keys.queued(target(), 700_000_000_000 + index))
    for (let from = 0; from < places.length; from += 100) {
      const puts = places.slice(from, from + 100).map((key, index) => ({
        key,
        value: placeRecord.write({ id: 700_000_000_000 + from + index, stuck: false, yes: null }),
      }))
      await store.commit({ require: [], puts })
    }
    const began = performance.now()
    expect(await request(planFor('api', 'p1'))).toMatchObject({ kind: 'full' })
    expect((await request(planFor('vape'))).kind).toBe('created')
    const waiting = await reader().waiting()
    expect(waiting.filter((one) => one.target.tier === target().tier)).toHaveLength(101)
    expect(performance.now() - began).toBeLessThan(2000)
  }, 120_000)

  it('gets shorter: a place whose rollout is gone or over is removed, and one that cannot be read stays', async () => {
    const own = etcd.newStore('/sweep/')
    ends.push(() => own.close())
    const [over, gone, odd] = [1, 800_000_000_001, 800_000_000_002].map((id) => ({
      id,
      key: keys.queued(target(), id),
    }))
    if (over === undefined || gone === undefined || odd === undefined) throw new Error('never')
    const puts = [over, gone, odd].map(({ id, key }) => ({
      key,
      value: placeRecord.write({ id, stuck: false, yes: null }),
    }))
    const ended = { ...rolloutOf(planFor()), id: over.id, phase: 'succeeded' as const, endedAt: 1 }
    const records = [
      { key: keys.rollout(over.id), value: rolloutRecord.write(ended) },
      { key: keys.rollout(odd.id), value: 'no record' },
    ]
    await own.commit({ require: [], puts: [...puts, ...records] })
    const log = quietLog()
    const work = rolloutWork({
      store: own,
      journal: createJournal(own, systemClock),
      line: createLineReader(own, systemClock),
      limits,
      admission,
      clock: systemClock,
      log,
      driver: 'sweeper',
      patience: defaultPatience,
      stuckMsOf: () => 60_000,
      observeMs: 1000,
      redact: (text) => text,
      wishNews: (_, ms, signal) => systemClock.sleep(ms, signal),
      schedulerOf: () => {
        throw new Error('nothing is driven here')
      },
      probe: { check: async () => ({ kind: 'unhealthy', reason: 'nothing runs here' }) },
      announcedPort: async () => ({ kind: 'not-announced' }),
      wanted: nothingWanted,
      aboutDigest: async () => null,
      preparations: noPreparations,
    })
    const claiming = claimWork(work, { leases: own, clock: systemClock, log, ttlMs: 5000, lookMs: 200 })
    const left = async () => (await own.range(keys.targets, { keysOnly: true })).entries.map(({ key }) => key)
    for (let tries = 0; tries < 200 && (await left()).length > 1; tries++) await systemClock.sleep(50)
    await claiming.stop(5000)
    expect(await left()).toEqual([odd.key])
    expect((await own.get(keys.rollout(over.id)))?.value).toContain('"succeeded"')
  })
})

describe('the limit of a tier', () => {
  it('holds for those that begin at the same moment, and lets those begin that came first', async () => {
    limits = { atOnce: () => 2, length: 3, afterFailure: 'ask' }
    const services = ['a', 'b', 'c', 'd', 'e']
    const made = await Promise.all(services.map((service) => request(planFor(service))))
    const live = made.flatMap((one) => (one.kind === 'created' ? [one.id] : []))
    const waiting = made.flatMap((one) => (one.kind === 'queued' ? [one.id] : [])).sort((a, b) => a - b)
    expect([live.length, waiting.length]).toEqual([2, 3])
    const last = await rollout(waiting.at(-1) ?? 0)
    expect(last.waiting?.for).toEqual({ kind: 'limit', limit: 2, before: waiting.slice(0, 2) })

    const waiters = await Promise.all(waiting.map((id) => waiter(id)))
    for (const [index, id] of waiting.entries()) {
      const [ended = 0] = live.splice(0, 1)
      await finish(ended)
      expect(await waiters[index]?.waited).toBe('begun')
      live.push(id)
      const running = await store.range(keys.targetsIn(`tier${n}`))
      expect(running.entries.filter((entry) => entry.key.endsWith('/active'))).toHaveLength(2)
    }
  })

  it('is never passed by two that saw the same free place', async () => {
    limits = { atOnce: () => 1, length: 3, afterFailure: 'ask' }
    const first = await idOf(request(planFor('a')), 'created')
    const waiting = [await idOf(request(planFor('b')), 'queued'), await idOf(request(planFor('c')), 'queued')]
    // As if the one that came first could not begin, so that both are let at the same place at once.
    limits = { atOnce: () => 2, length: 3, afterFailure: 'ask' }
    const waiters = await Promise.all(waiting.map((id) => waiter(id)))
    await Promise.race(waiters.map((one) => one.waited))
    await systemClock.sleep(2500)
    const running = await store.range(keys.targetsIn(`tier${n}`))
    expect(running.entries.filter((entry) => entry.key.endsWith('/active'))).toHaveLength(2)
    await finish(first)
    await Promise.all(waiters.map((one) => one.waited))
  })
})
