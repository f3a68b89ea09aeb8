import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { createFleetScheduler, type FleetScheduler } from '../../../src/adapters/fleet/fleet-scheduler.ts'
import { createPoller } from '../../../src/adapters/fleet/poller.ts'
import type { FleetReading } from '../../../src/adapters/fleet/read-fleet.ts'
import { systemClock } from '../../../src/adapters/system/clock.ts'
import type { ClusterView } from '../../../src/ports/scheduler.ts'
import { manualClock } from './clocks.ts'
import { healthy, scriptedFleet, scriptedOptions } from './scripted.ts'

const recent = { wantedWithinMs: 60_000 }
const seen = (reports: string): FleetReading => ({
  kind: 'seen',
  machines: new Map(),
  units: new Map(),
  templates: new Map(),
  reports,
})

/** A poller over a fleet that reports `fleet.reports`, in looks and at a glance. */
function setup() {
  const time = manualClock()
  const fleet: { reports: string; glance: string | null; looks: number; glances: number } = {
    reports: 'a',
    glance: 'a',
    looks: 0,
    glances: 0,
  }
  const held: (() => void)[] = []
  let hold = false
  const poller = createPoller(
    async () => {
      fleet.looks += 1
      const reading = seen(fleet.reports)
      if (hold) await new Promise<void>((resolve) => held.push(resolve))
      return reading
    },
    time.clock,
    500,
    async () => {
      fleet.glances += 1
      if (hold) await new Promise<void>((resolve) => held.push(resolve))
      return fleet.glance
    },
  )
  const watch = (promise: Promise<ClusterView>) => {
    const box: { view: ClusterView | null } = { view: null }
    void promise.then((view) => (box.view = view))
    return box
  }
  return {
    ...time,
    poller,
    fleet,
    hold: () => (hold = true),
    release: async () => {
      hold = false
      for (const one of held.splice(0)) one()
      await time.settle()
    },
    /** The view, or null when it is not there at once. */
    ask: async (asked?: typeof recent): Promise<ClusterView | null> => {
      const box = watch(poller.observe(10_000, undefined, asked))
      await time.settle()
      return box.view
    },
    /** Until nobody polls any more. */
    quiet: async (): Promise<void> => {
      for (let step = 0; step < 40; step += 1) await time.advance(250)
      fleet.looks = 0
    },
  }
}

describe('A look that may know of wishes a minute old', () => {
  it('is the newest look, where one list says that nothing has changed since, and begins no polling', async () => {
    const { ask, quiet, fleet, advance } = setup()
    const first = await ask()
    await quiet()
    const view = await ask(recent)
    expect(view).toMatchObject({ kind: 'known' })
    if (view?.kind !== 'known' || first?.kind !== 'known') throw new Error('nothing was seen')
    expect(view.wantedAt).toBeGreaterThanOrEqual(first.startedAt)
    expect(view.startedAt).toBeGreaterThan(view.wantedAt ?? 0)
    await advance(5_000)
    expect([fleet.glances, fleet.looks]).toEqual([1, 0])
  })

  it.each([
    ['something has changed', 'b'],
    ['the one list has no answer', null],
  ])('is a whole one where %s', async (_what, answer) => {
    const { ask, quiet, fleet } = setup()
    await ask()
    await quiet()
    fleet.glance = answer
    const view = await ask(recent)
    expect(view).toMatchObject({ kind: 'known' })
    expect(view).not.toHaveProperty('wantedAt')
    expect([fleet.glances, fleet.looks]).toEqual([1, 1])
  })

  it('is a whole one at first, after a minute, and whenever nobody said that it need not be', async () => {
    const { ask, quiet, fleet, advance } = setup()
    expect(await ask(recent)).not.toHaveProperty('wantedAt')
    await quiet()
    expect(await ask()).not.toHaveProperty('wantedAt')
    await quiet()
    for (let second = 0; second < 60; second += 1) await advance(1_000)
    expect(await ask(recent)).not.toHaveProperty('wantedAt')
    expect(fleet.glances).toBe(0)
  })

  it('is a whole one once something was asked of the fleet, also where a look had begun before', async () => {
    const { ask, quiet, fleet, poller, hold, release } = setup()
    await ask()
    await quiet()
    poller.asked()
    expect(await ask(recent)).not.toHaveProperty('wantedAt')
    await quiet()
    hold()
    await ask()
    poller.asked()
    await release()
    fleet.looks = 0
    await ask(recent)
    expect(fleet.glances).toBe(0)
  })

  it('believes no list that was under way when something was asked of the fleet', async () => {
    const { ask, quiet, fleet, poller, hold, release, advance } = setup()
    await ask()
    await quiet()
    hold()
    expect(await ask(recent)).toBeNull()
    poller.asked()
    await release()
    await advance(100)
    expect([fleet.glances, fleet.looks]).toEqual([1, 1])
  })

  it('is one list at a time: whoever comes meanwhile looks with all others', async () => {
    const { ask, quiet, fleet, hold, release } = setup()
    await ask()
    await quiet()
    hold()
    await ask(recent)
    await ask(recent)
    await ask(recent)
    expect([fleet.glances, fleet.looks]).toEqual([1, 1])
    await release()
  })
})

describe('A glance at a fleet by its program', () => {
  const fleet = scriptedFleet()
  const open: FleetScheduler[] = []
  afterEach(async () => {
    await Promise.all(open.splice(0).map((scheduler) => scheduler.close()))
  })
  afterAll(() => fleet.remove())

  /** Nobody polls: the second look in a series is an hour after the first. */
  const schedulerAt = (endpoint: string): FleetScheduler => {
    const made = createFleetScheduler(scriptedOptions([endpoint], { pollMs: 3_600_000 }), systemClock)
    open.push(made)
    return made
  }
  const verbs = (name: string): string[] =>
    fleet.calls(name).flatMap((call) => call.split(' ').find((word) => word.startsWith('list-')) ?? [])

  it('runs list-units alone, and shows what was seen before', async () => {
    const subject = schedulerAt(fleet.endpoint('same', healthy))
    const first = await subject.observe(20_000)
    const second = await subject.observe(20_000, undefined, recent)
    if (first.kind !== 'known' || second.kind !== 'known') throw new Error('the fleet is away')
    expect([second.wantedAt, second.units]).toEqual([first.startedAt, first.units])
    expect(second.startedAt).toBeGreaterThanOrEqual(first.endedAt)
    expect(verbs('same').slice(3)).toEqual(['list-units'])
  })

  it.each([
    ['stopped', (text: string) => text.replace(/active(\s+)running/, 'inactive$1dead')],
    ['is gone', (text: string) => text.replace(/^.*\n/, '')],
    ['is on a machine that is lost', (text: string) => text.replace('/10.0.0.2', '')],
  ])('does not show as before a fleet where a unit %s', async (what, change) => {
    const before = String(healthy['list-units'])
    const after = change(before)
    expect(after).not.toBe(before)
    const name = what.replaceAll(' ', '-')
    const subject = schedulerAt(fleet.endpoint(name, healthy))
    await subject.observe(20_000)
    fleet.endpoint(name, { ...healthy, 'list-units': after })
    // The whole look that follows is not awaited: it is an hour away.
    const given = new AbortController()
    const view = subject.observe(20_000, given.signal, recent)
    await expect.poll(() => verbs(name), { timeout: 20_000 }).toEqual(['list-units'])
    await new Promise((resolve) => setTimeout(resolve, 200))
    given.abort()
    expect(await view).toMatchObject({ kind: 'unknown' })
  })
})
