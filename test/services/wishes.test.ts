import { beforeAll, describe, expect, it } from 'vitest'
import type { EtcdStore } from '../../src/adapters/etcd/store.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import type { Pause, Rollout } from '../../src/domain/rollout.ts'
import type { StoreReader, StoreWriter } from '../../src/ports/store.ts'
import {
  abortCapability,
  continueCapability,
  pauseCapability,
  resumeCapability,
  takeCapability,
} from '../../src/services/wishes.ts'
import { keys } from '../../src/store/keys.ts'
import { pointerRecord, rolloutRecord, wishesRecord } from '../../src/store/records.ts'
import { demand, doorAt, request } from '../authorization/support.ts'
import { ownEtcd } from '../support/own-etcd.ts'
import { planOf, rolloutOf } from '../support/rollouts.ts'

/** Two identical wishes at once, on a real etcd behind the door as it is shipped. */

const etcd = ownEtcd()
const dora = { id: 'UDEPLOY', name: 'dora' }
let store: EtcdStore
let next = 1

beforeAll(() => {
  store = etcd.newStore('/wishes/')
})

/** A live rollout of a number of its own. */
async function live(change: Partial<Rollout> = {}): Promise<Rollout> {
  const plan = planOf({ canary: true, canarySteadyMs: 60_000 })
  const rollout = { ...rolloutOf(plan), id: next++, requestedBy: { id: 'UBOTH', name: 'bea' }, ...change }
  const puts = [
    { key: keys.rollout(rollout.id), value: rolloutRecord.write(rollout) },
    { key: keys.active(plan), value: pointerRecord.write({ id: rollout.id }) },
  ]
  await store.commit({ require: [], puts })
  return rollout
}

type Wish = 'abort' | 'pause' | 'resume' | 'continue' | 'take'

async function granted<R extends Wish>(right: R) {
  const asked = request({ actor: dora, demands: [demand(right, 'api', 'production', 'UBOTH')] })
  const { door } = doorAt(store)
  const answer = await door.authorize({ ...asked, requestKey: `${right}:${Math.random()}` })
  const context = answer.kind === 'allowed' ? answer.contexts[0] : undefined
  if (context === undefined) throw new Error(JSON.stringify(answer))
  return { context, open: door.open }
}

const wish: {
  readonly [W in Wish]: (id: number, on?: StoreReader & StoreWriter) => Promise<{ readonly kind: string }>
} = {
  abort: async (id, on = store) => {
    const { context, open } = await granted('abort')
    return abortCapability(open, on, systemClock)(context).abort(id, null)
  },
  pause: async (id, on = store) => {
    const { context, open } = await granted('pause')
    return pauseCapability(open, on, systemClock)(context).pause(id, null)
  },
  resume: async (id, on = store) => {
    const { context, open } = await granted('resume')
    return resumeCapability(open, on, systemClock)(context).resume(id, null)
  },
  continue: async (id, on = store) => {
    const { context, open } = await granted('continue')
    return continueCapability(open, on, systemClock)(context).go(id, 0, null)
  },
  take: async (id, on = store) => {
    const { context, open } = await granted('take')
    return takeCapability(open, on, systemClock)(context).take(id, null)
  },
}

const pause: Pause = { kind: 'pause', by: { id: 'UBOTH', name: 'bea' }, reason: null, at: 1 }

/** A rollout on which this wish makes sense. */
async function ready(what: Wish): Promise<number> {
  const { id } = await live(what === 'resume' ? { phase: 'paused', pause } : {})
  if (what === 'resume') {
    const paused = { kind: 'pause', by: pause.by, reason: null, at: 1, audit: 0 } as const
    const value = wishesRecord.write({ abort: null, pause: paused, take: null, go: null })
    await store.commit({ require: [], puts: [{ key: keys.wish(id), value }] })
  }
  return id
}

describe.each<Wish>(['abort', 'pause', 'resume', 'continue', 'take'])('%s', (what) => {
  it('twice at once: one is obeyed, and the other is answered by who was first and when', async () => {
    const id = await ready(what)
    const began = Date.now()
    const answers = await Promise.all([wish[what](id), wish[what](id)])
    expect(answers.map(({ kind }) => kind).toSorted()).toEqual(['already', 'asked'])
    const second = answers.find(({ kind }) => kind === 'already')
    expect(second).toMatchObject(what === 'take' ? { at: expect.any(Number) } : { by: dora, at: expect.any(Number) })
    if (second !== undefined && 'at' in second) expect(second.at).toBeGreaterThanOrEqual(began - 1000)
  })

  it('knows its own write when the answer to that was lost, and the transaction is tried again', async () => {
    const id = await ready(what)
    let lost = false
    const deaf: StoreReader & StoreWriter = {
      get: (key) => store.get(key),
      range: (prefix, options) => store.range(prefix, options),
      watch: (prefix, from, signal) => store.watch(prefix, from, signal),
      async commit(transaction) {
        const result = await store.commit(transaction)
        if (lost) return result
        lost = true
        return { kind: 'conflict', entries: [] }
      },
    }
    expect((await wish[what](id, deaf)).kind).toBe('asked')
  })
})

it('a resume of a rollout that nobody paused says so', async () => {
  const { id } = await live()
  expect(await wish.resume(id)).toEqual({ kind: 'not-paused', stopped: false })
})

it('a continue that was obeyed is answered by who said it; a later one with another time counts anew', async () => {
  const { id } = await live()
  await wish.continue(id)
  const { context, open } = await granted('continue')
  const later = continueCapability(open, store, systemClock)(context)
  expect((await later.go(id, 60_000, null)).kind).toBe('asked')
  const passed = await live({ canaryPassed: true, heard: 7 })
  const go = { by: dora, reason: null, at: 1, audit: 7, forMs: 0 }
  const value = wishesRecord.write({ abort: null, pause: null, take: null, go })
  await store.commit({ require: [], puts: [{ key: keys.wish(passed.id), value }] })
  expect(await wish.continue(passed.id)).toEqual({ kind: 'already', by: dora, at: 1 })
})
