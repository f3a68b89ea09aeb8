import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { check } from '../../chaos/checker/check.ts'
import type { Violation } from '../../chaos/checker/evidence.ts'
import { otherBuild } from '../../chaos/people.ts'
import { chancesFrom } from '../../chaos/random.ts'
import { restore } from '../../chaos/repair.ts'
import { cameToRest } from '../../chaos/round.ts'
import { channels, chaosServices, people } from '../../chaos/world/shop.ts'
import { allReady, eventually, openWorld, type ChaosWorld } from '../../chaos/world/world.ts'
import { makeMutant, type Edit } from './mutant.ts'
import {
  doneBeforeRecorded,
  doneForgotten,
  endNotTold,
  noLeaseCheck,
  oneTooMany,
  releaseNotProven,
  startedTwice,
  stoppedBeforeMoved,
} from './mutations.ts'
import { doneBy, driverOf, frozenPastItsLease, type Stale } from './stale.ts'

/** The checker itself: bots that were broken on purpose, each in one way, as processes in a whole shop. */

const root = path.resolve(import.meta.dirname, '..', '..')
const minute = 60_000
/** What is broken need not come into play on a busy machine: then it is played again. Nothing else here is. */
const untilItShows = { timeout: 5 * minute, retry: 2 }
let opened: ChaosWorld | null = null
const world = (): ChaosWorld => {
  if (opened === null) throw new Error('the world is not open')
  return opened
}

/** No more instances than a mutation needs to show itself. */
const services = chaosServices
  .filter(({ name }) => name !== 'spanx')
  .map(({ units, sidekicks, ...rest }) => ({
    ...rest,
    units: units.slice(0, 2),
    sidekicks: sidekicks.slice(0, 2),
    inStaging: 0,
  }))

beforeAll(async () => {
  opened = await openWorld({ root, members: 1, replicas: 2, services, faketime: null })
}, 5 * minute)
afterAll(async () => opened?.close(), minute)
afterEach(async () => {
  await world().fleet.fault({ kind: 'clear' })
  await restore(world())
}, 3 * minute)

const ann = (text: string): Promise<void> => world().slack.command(people.ann, channels.main, text)
/** To another release than the one that the tag names. */
const renewVape = async (): Promise<void> =>
  ann(`deploy vape production ${await otherBuild(world(), chancesFrom(1), 'vape')} --force`)

/** So many bots of this build, and no other. Returns what undoes it. */
async function play(edits: readonly Edit[], bots: number, act: () => Promise<void>): Promise<readonly Violation[]> {
  const { replicas, recorder } = world()
  const mutant = makeMutant(root, edits)
  try {
    await Promise.all(replicas.map((one) => one.kill()))
    for (const replica of replicas.slice(0, bots)) replica.start(mutant.root)
    await allReady(world())
    const after = recorder.changes.at(-1)?.revision ?? 0
    await act()
    await cameToRest(world(), 2000)
    const { stories, violations } = check(await world().evidence(), after)
    expect(stories).toHaveLength(1)
    return violations
  } finally {
    await Promise.all(replicas.map((one) => one.kill()))
    mutant.remove()
  }
}

const broken = (violations: readonly Violation[]): readonly number[] => [
  ...new Set(violations.map(({ invariant }) => invariant)),
]

describe('The checker finds a bot that', () => {
  it(
    'is as it should be without fault, though its driver was stopped past its lease: that one does nothing any more',
    async () => {
      const stale: Stale[] = []
      const violations = await play([], 2, async () => {
        await renewVape()
        stale.push(await frozenPastItsLease(world(), await driverOf(world())))
      })
      expect(violations).toEqual([])
      expect(stale).toHaveLength(1)
      for (const one of stale) expect(await doneBy(world(), one)).toEqual([])
    },
    5 * minute,
  )

  it('goes on without its lease', untilItShows, async () => {
    const stale: Stale[] = []
    const violations = await play(noLeaseCheck, 2, async () => {
      await ann('deploy vape production')
      const first = await driverOf(world())
      const one = await frozenPastItsLease(world(), first)
      stale.push(one)
      // Who has the right now stands still, so that there is something left to be done without it, however slow the machine.
      const other = world().replicas.find((replica) => replica !== first && replica.bot() !== null)
      other?.freeze()
      await eventually('the first to act', async () => (await doneBy(world(), one)).length > 0).catch(() => undefined)
      other?.thaw()
    })
    expect(broken(violations)).toContain(1)
    for (const one of stale) expect(await doneBy(world(), one)).not.toEqual([])
  })

  it('does a step before it is recorded', untilItShows, async () => {
    expect(broken(await play(doneBeforeRecorded, 1, () => ann('deploy hugs production')))).toContain(4)
  })

  it('takes away one more than the plan allows', untilItShows, async () => {
    expect(broken(await play(oneTooMany, 1, () => ann('deploy hugs production')))).toContain(2)
  })

  it('does not tell the end', untilItShows, async () => {
    expect(broken(await play(endNotTold, 1, () => ann('restart beavis production')))).toContain(6)
  })

  it('starts what it started already', untilItShows, async () => {
    expect(broken(await play(startedTwice, 1, () => ann('restart beavis production')))).toContain(4)
  })
})

describe('The checker finds, by the registry and by the instances, a bot that', () => {
  it('stops an instance before the tag was moved', untilItShows, async () => {
    expect(broken(await play(stoppedBeforeMoved, 1, renewVape))).toContain(7)
  })

  it('does not look what an instance runs', untilItShows, async () => {
    const pulls = world().registry?.pulls
    const violations = await play(releaseNotProven, 1, async () => {
      // They start what they have.
      pulls?.decide(() => 'broken')
      await renewVape()
    }).finally(() => pulls?.decide(() => 'well'))
    expect(broken(violations)).toContain(7)
  })
})

const record = z.object({
  is: z.object({ instances: z.array(z.object({ unit: z.string(), stage: z.string() })) }).default({ instances: [] }),
})

describe('The checker, of an instance that crashes once after its proof while the other one still waits,', () => {
  const stagesOf = (value: string): readonly { readonly unit: string; readonly stage: string }[] =>
    record.parse(JSON.parse(value)).is.instances

  async function deployAndCrash(): Promise<void> {
    await renewVape()
    let unit: string | undefined
    await eventually('one of two instances to be done', async () => {
      const newest = [...world().recorder.now].findLast(([key]) => key.startsWith('rollouts/'))
      const stages = stagesOf(newest?.[1] ?? '{}')
      // The next one begins in the same step in which this one is done.
      if (stages.some(({ stage }) => stage !== 'done')) unit = stages.find(({ stage }) => stage === 'done')?.unit
      return unit !== undefined
    })
    await world().fleet.fault({ kind: 'kill', unit: unit ?? '' })
  }
  const lastPhase = (): string | undefined => {
    const last = [...world().recorder.now].findLast(([key]) => key.startsWith('history/all/'))
    return /"phase":"([a-z-]+)"/.exec(last?.[1] ?? '')?.[1]
  }

  it('finds no fault with a bot that stops the rollout', { timeout: 5 * minute }, async () => {
    expect(await play([], 1, deployAndCrash)).toEqual([])
    expect(lastPhase()).toBe('failed')
  })

  it('finds a bot that forgets the instances that are already done', untilItShows, async () => {
    expect(broken(await play(doneForgotten, 1, deployAndCrash))).toContain(7)
    expect(lastPhase()).toBe('succeeded')
  })
})

describe('A mutation', () => {
  it('is refused when the text it changes does not stand in the build', () => {
    const edit = { file: 'rollout/decide.js', from: 'no such text', to: '' }
    expect(() => makeMutant(root, [edit])).toThrow('dist/src/rollout/decide.js has this text 0 times')
  })
})
