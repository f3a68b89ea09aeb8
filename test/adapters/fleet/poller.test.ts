import { describe, expect, it } from 'vitest'
import { createPoller } from '../../../src/adapters/fleet/poller.ts'
import type { FleetReading } from '../../../src/adapters/fleet/read-fleet.ts'
import type { ClusterView } from '../../../src/ports/scheduler.ts'
import { manualClock } from './clocks.ts'

const seen: FleetReading = { kind: 'seen', machines: new Map(), units: new Map(), templates: new Map() }

/** A poller over a fleet whose answers the test gives. */
function setup() {
  const time = manualClock()
  const polls: { answer: (reading: FleetReading) => void; readonly signal: AbortSignal }[] = []
  const poller = createPoller(
    (signal, progress) => {
      progress('http://a: no answer yet')
      return new Promise((answer) => polls.push({ answer, signal }))
    },
    time.clock,
    500,
  )
  const answer = async (reading: FleetReading): Promise<void> => {
    await time.settle()
    polls.at(-1)?.answer(reading)
    await time.settle()
  }
  /** Whether the promise is settled by now, and with what. */
  const watch = (promise: Promise<ClusterView>) => {
    const box: { view: ClusterView | null } = { view: null }
    void promise.then((view) => (box.view = view))
    return box
  }
  return { ...time, poller, polls, answer, watch }
}

describe('observe', () => {
  it('is answered by a poll that began after it, never by the one under way', async () => {
    const { poller, polls, answer, watch, advance } = setup()
    const first = watch(poller.observe(10_000))
    await advance(100)
    const second = watch(poller.observe(10_000))
    await answer(seen)
    expect(first.view).toMatchObject({ kind: 'known', startedAt: 1_000, endedAt: 1_100 })
    expect(second.view).toBeNull()
    await advance(400)
    await answer(seen)
    expect(second.view).toMatchObject({ kind: 'known', startedAt: 1_500 })
    expect(polls).toHaveLength(2)
  })

  it('leaves a slow fleet a pause after each poll, however long that took', async () => {
    const { poller, polls, answer, watch, advance } = setup()
    watch(poller.observe(10_000))
    await advance(2_000)
    await answer(seen)
    watch(poller.observe(10_000))
    await advance(99)
    expect(polls).toHaveLength(1)
    await advance(1)
    expect(polls).toHaveLength(2)
    await answer(seen)
  })

  it('is one poll for all who wait', async () => {
    const { poller, polls, answer, watch, advance, settle } = setup()
    const readers = Array.from({ length: 50 }, () => watch(poller.observe(10_000)))
    await settle()
    await answer(seen)
    expect(readers.filter(({ view }) => view !== null)).toHaveLength(50)
    expect(polls).toHaveLength(1)
    const early = Array.from({ length: 20 }, () => watch(poller.observe(10_000)))
    await advance(200)
    const late = Array.from({ length: 20 }, () => watch(poller.observe(10_000)))
    await advance(300)
    await answer(seen)
    expect([...early, ...late].filter(({ view }) => view !== null)).toHaveLength(40)
    expect(polls).toHaveLength(2)
  })

  it('waits through polls without an answer, and tells why at the end of its time', async () => {
    const { poller, answer, watch, advance } = setup()
    const look = watch(poller.observe(2_000))
    await answer({ kind: 'unknown', reason: 'fleet gave no complete answer (http://a: connection refused)' })
    expect(look.view).toBeNull()
    await advance(2_000)
    expect(look.view).toEqual({
      kind: 'unknown',
      startedAt: 1_000,
      endedAt: 3_000,
      reason: 'fleet did not answer within 2 s (fleet gave no complete answer (http://a: connection refused))',
    })
  })

  it('takes a later poll that has an answer', async () => {
    const { poller, answer, watch, advance } = setup()
    const look = watch(poller.observe(2_000))
    await answer({ kind: 'unknown', reason: 'no' })
    await advance(500)
    await answer(seen)
    expect(look.view).toMatchObject({ kind: 'known', startedAt: 1_500 })
  })

  it('says which endpoint is silent when even the first poll has not ended', async () => {
    const { poller, watch, advance } = setup()
    const look = watch(poller.observe(300))
    await advance(300)
    expect(look.view).toMatchObject({ reason: 'fleet did not answer within 0.3 s (http://a: no answer yet)' })
  })

  it('ends at once when it is called off, and leaves no timer', async () => {
    const { poller, watch, settle, sleeping } = setup()
    const stop = new AbortController()
    const look = watch(poller.observe(60_000, stop.signal))
    stop.abort()
    await settle()
    expect(look.view).toMatchObject({ kind: 'unknown', reason: 'the look was called off' })
    expect(sleeping()).toBe(0)
    expect(await poller.observe(60_000, stop.signal)).toMatchObject({ kind: 'unknown' })
  })
})

describe('the polling', () => {
  it('runs while somebody is interested and stops a few seconds later', async () => {
    const { poller, polls, answer, advance, watch } = setup()
    expect(polls).toHaveLength(0)
    watch(poller.observe(1_000))
    for (let turn = 0; turn < 30; turn += 1) {
      await answer(seen)
      await advance(500)
    }
    expect(polls).toHaveLength(3)
    watch(poller.observe(1_000))
    await advance(0)
    expect(polls).toHaveLength(4)
  })

  it('goes slower while nobody waits, and serves at once who comes after the interval', async () => {
    const { poller, polls, answer, advance, watch } = setup()
    watch(poller.observe(60_000))
    await answer(seen)
    await advance(1_999)
    expect(polls).toHaveLength(1)
    await advance(1)
    expect(polls).toHaveLength(2)
    await answer(seen)
    await advance(700)
    const look = watch(poller.observe(60_000))
    await answer(seen)
    expect(look.view).toMatchObject({ kind: 'known', startedAt: 3_700 })
    expect(polls).toHaveLength(3)
  })
})

it('close ends the poll under way, answers those who wait, and polls no more', async () => {
  const { poller, polls, answer, watch, settle, sleeping } = setup()
  const look = watch(poller.observe(60_000))
  await settle()
  const closing = poller.close()
  await settle()
  expect(look.view).toMatchObject({ kind: 'unknown', reason: 'the scheduler was closed' })
  expect(polls[0]?.signal.aborted).toBe(true)
  await answer({ kind: 'unknown', reason: 'called off' })
  await closing
  expect(await poller.observe(1_000)).toMatchObject({ kind: 'unknown' })
  expect(polls).toHaveLength(1)
  expect(sleeping()).toBe(0)
})
