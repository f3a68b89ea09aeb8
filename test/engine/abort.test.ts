import { readFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { keys } from '../../src/store/keys.ts'
import { wishesRecord } from '../../src/store/records.ts'
import { pidsOf, startEngineLab, type EngineLab } from '../support/engine-lab.ts'

/** An abort while fleetctl, or fleet itself, hangs: one call may take two minutes here, so that nothing but the abort ends it. */

let lab: EngineLab
beforeAll(async () => {
  lab = await startEngineLab({ callTimeoutMs: 120_000 })
})
afterEach(async () => {
  await lab.hangStops(null)
  await lab.fleet.fault({ kind: 'clear' })
})
afterAll(async () => lab.end())

async function abort(id: number): Promise<void> {
  const word = { by: { id: 'U2', name: 'bob' }, reason: 'no', at: Date.now(), audit: 2 }
  const value = wishesRecord.write({ abort: word, pause: null, take: null, go: null })
  await lab.store.commit({ require: [], puts: [{ key: keys.wish(id), value }] })
}

/** Every line of the lab's log about an instance of the service. */
const lines = async (): Promise<string[]> =>
  (await readFile(lab.fleet.log, 'utf8')).split('\n').filter((line) => line.includes('"api@'))

describe('an abort', () => {
  it.each(['before', 'after'] as const)(
    'kills a stop that hangs %s fleet heard it, and all run at the end',
    async (when) => {
      const before = await pidsOf(lab.fleet)
      const hung = await lab.hung()
      await lab.hangStops(when)
      const id = await lab.begin(await lab.plan())
      const driving = lab.drive(id)
      while ((await lab.hung()) === hung) await new Promise((resolve) => setTimeout(resolve, 50))
      await lab.hangStops(null)
      await abort(id)
      const aborted = await lab.until(id, (rollout) => rollout.ending?.kind === 'aborted')
      // Well before the call's own limit: the abort ended it.
      expect(Date.now() - aborted.createdAt).toBeLessThan(60_000)
      expect(await driving).toBe('ended')
      const { instances } = await lab.expectPhase(id, 'aborted')
      expect(instances.map((one) => one.stage)).toEqual([when === 'before' ? 'kept' : 'done', 'waiting', 'waiting'])
      expect(await lab.hung()).toBe(hung + 1)

      const after = await pidsOf(lab.fleet)
      expect(after.size).toBe(3)
      const first = instances[0]?.unit ?? ''
      for (const [unit, pid] of before) expect(after.get(unit) === pid).toBe(unit !== first || when === 'before')
      // No late stop of ours comes behind the end.
      const told = (await lines()).length
      await new Promise((resolve) => setTimeout(resolve, 4000))
      expect((await lines()).length).toBe(told)
      expect(await pidsOf(lab.fleet)).toEqual(after)
    },
  )

  it('does not wait for a fleet that hangs, and looks again once that answers', async () => {
    const before = await pidsOf(lab.fleet)
    const id = await lab.begin(await lab.plan())
    await lab.fleet.fault({ kind: 'hang' })
    const driving = lab.drive(id)
    await lab.until(id, (rollout) => rollout.driver !== null)
    await abort(id)
    expect(await driving).toBe('ended')
    await lab.expectPhase(id, 'aborted')
    await lab.fleet.fault({ kind: 'clear' })
    expect(await pidsOf(lab.fleet)).toEqual(before)
  })
})
