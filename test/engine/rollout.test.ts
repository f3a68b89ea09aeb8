import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keys } from '../../src/store/keys.ts'
import { lockRecord, wishesRecord, type PersonalWishes } from '../../src/store/records.ts'
import { pidsOf, startEngineLab, type EngineLab } from '../support/engine-lab.ts'
import { settingsOf } from '../support/rollouts.ts'

/** The engine on a real etcd and over real processes. What it says is held against what really ran. */

let lab: EngineLab
beforeAll(async () => {
  lab = await startEngineLab()
})
afterAll(async () => lab.end())

const target = { service: 'api', tier: 'production' }

const logLine = z.object({ at: z.number(), action: z.string(), unit: z.string().optional() })

/** No more than `most` of the three were without a process at any time since `from`, by the lab's own log. */
async function mostAwaySince(from: number): Promise<number> {
  const lines = (await readFile(lab.fleet.log, 'utf8')).trim().split('\n')
  const away = new Set<string>()
  let most = 0
  for (const line of lines) {
    const entry = logLine.parse(JSON.parse(line))
    if (entry.at < from || entry.unit === undefined || !entry.unit.startsWith('api@')) continue
    if (entry.action === 'exited' || entry.action === 'sigterm') away.add(entry.unit)
    if (entry.action === 'exec-start') away.delete(entry.unit)
    most = Math.max(most, away.size)
  }
  return most
}

const word = (reason: string | null) => ({ by: { id: 'U2', name: 'bob' }, reason, at: Date.now(), audit: 2 })

const wish = (id: number, wishes: PersonalWishes) =>
  lab.store.commit({ require: [], puts: [{ key: keys.wish(id), value: wishesRecord.write(wishes) }] })

describe('a rollout on real parts', () => {
  it('replaces every process, one at a time, and leaves one history row and a free target', async () => {
    const before = await pidsOf(lab.fleet)
    const from = Date.now()
    const id = await lab.begin(await lab.plan())
    expect(await lab.drive(id)).toBe('ended')
    const rollout = await lab.expectPhase(id, 'succeeded')
    const after = await pidsOf(lab.fleet)
    expect(after.size).toBe(3)
    for (const [unit, pid] of after) expect(pid).not.toBe(before.get(unit))
    expect(await mostAwaySince(from)).toBe(1)
    expect(await lab.rollouts.live(target)).toBeNull()
    const history = await lab.rollouts.history({ service: null, tier: null, limit: 10, before: null })
    expect(history.rows.filter((row) => row.id === id)).toHaveLength(1)
    const { records: events } = await lab.rollouts.events(id)
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1))
    expect(rollout?.seq).toBe(events.length)
  })

  it('lets two rollouts live on one target never, whoever is faster', async () => {
    const plan = await lab.plan()
    const results = await Promise.all([1, 2, 3, 4].map(() => lab.tryToBegin(plan)))
    expect(results.filter((one) => one.kind === 'created')).toHaveLength(1)
    expect(results.filter((one) => one.kind === 'full')).toHaveLength(3)
    const id = results.find((one) => one.kind === 'created')?.id ?? 0
    expect(await lab.drive(id)).toBe('ended')
  })

  it('is taken up where it stood by the next driver, and each step is done once', async () => {
    const from = Date.now()
    const before = await pidsOf(lab.fleet)
    const id = await lab.begin(await lab.plan())
    for (let turn = 0; turn < 6; turn++) {
      const stop = new AbortController()
      const driving = lab.drive(id, stop.signal)
      await new Promise((resolve) => setTimeout(resolve, 400 + turn * 150))
      stop.abort()
      if ((await driving) === 'ended') break
    }
    if ((await lab.rollouts.live(target)) !== null) expect(await lab.drive(id)).toBe('ended')
    await lab.expectPhase(id, 'succeeded')
    for (const [unit, pid] of await pidsOf(lab.fleet)) expect(pid).not.toBe(before.get(unit))
    expect(await mostAwaySince(from)).toBe(1)
  })

  it('an abort stops it before the next instance and brings back the one under way', async () => {
    const id = await lab.begin(await lab.plan())
    const driving = lab.drive(id)
    await lab.until(id, (rollout) => rollout.instances.some((one) => one.stage === 'stopping'))
    await wish(id, { abort: word('no'), pause: null, take: null, go: null })
    expect(await driving).toBe('ended')
    const rollout = await lab.expectPhase(id, 'aborted')
    expect(rollout?.instances.filter((one) => one.stage === 'waiting').length).toBeGreaterThanOrEqual(1)
    expect((await pidsOf(lab.fleet)).size).toBe(3)
    expect(await lab.store.get(keys.wish(id))).toBeNull()
  })

  it('a pause brings the one under way to its end, rests with nothing away, and a resume lets it go on', async () => {
    const before = await pidsOf(lab.fleet)
    const id = await lab.begin(await lab.plan())
    const driving = lab.drive(id)
    await lab.until(id, (rollout) => rollout.instances.some((one) => one.stage === 'stopping'))
    await wish(id, { abort: null, pause: { kind: 'pause', ...word('graphs') }, take: null, go: null })
    const paused = await lab.until(id, (rollout) => rollout.phase === 'paused')
    expect(paused.instances.map((one) => one.stage)).toEqual(['done', 'waiting', 'waiting'])
    expect((await pidsOf(lab.fleet)).size).toBe(3)
    const { modified } = (await lab.store.get(keys.rollout(id))) ?? { modified: '' }
    await new Promise((resolve) => setTimeout(resolve, 3000))
    // Nothing is written while it rests.
    expect((await lab.store.get(keys.rollout(id)))?.modified).toBe(modified)
    const now = await pidsOf(lab.fleet)
    expect([...before].filter(([unit, pid]) => now.get(unit) === pid)).toHaveLength(2)

    await wish(id, { abort: null, pause: { kind: 'resume', ...word(null) }, take: null, go: null })
    expect(await driving).toBe('ended')
    await lab.expectPhase(id, 'succeeded')
    const facts = (await lab.rollouts.events(id)).records.map((event) => event.fact)
    expect(facts.filter(({ kind }) => kind.startsWith('pause') || kind === 'resumed')).toEqual([
      {
        kind: 'pause-asked',
        tier: false,
        by: { id: 'U2', name: 'bob' },
        reason: 'graphs',
        moving: [paused.instances[0]?.unit],
      },
      { kind: 'paused', tier: false, by: { id: 'U2', name: 'bob' }, reason: 'graphs', replaced: 1, of: 3, away: [] },
      { kind: 'resumed', tier: false, by: { id: 'U2', name: 'bob' }, reason: null, replaced: 1, of: 3 },
    ])
  })

  it('a paused rollout that changes hands stays paused, and an abort ends it without a call', async () => {
    const id = await lab.begin(await lab.plan())
    await wish(id, { abort: null, pause: { kind: 'pause', ...word(null) }, take: null, go: null })
    const before = await pidsOf(lab.fleet)
    const stop = new AbortController()
    const first = lab.drive(id, stop.signal)
    await lab.until(id, (rollout) => rollout.phase === 'paused')
    stop.abort()
    expect(await first).toBe('handed-over')
    const second = lab.drive(id)
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect((await lab.rollouts.get(id))?.phase).toBe('paused')
    await wish(id, { abort: word('enough'), pause: { kind: 'pause', ...word(null) }, take: null, go: null })
    expect(await second).toBe('ended')
    await lab.expectPhase(id, 'aborted')
    expect(await pidsOf(lab.fleet)).toEqual(before)
  })

  it('a lock taken while it rolls holds it before the next instance, and lifting it lets it go on', async () => {
    const id = await lab.begin(await lab.plan())
    const driving = lab.drive(id)
    await lab.until(id, (rollout) => rollout.instances.some((one) => one.stage === 'starting'))
    const key = keys.targetLock(target)
    const lock = { ...target, by: { id: 'U2', name: 'bob' }, why: 'incident', at: Date.now(), until: null, audit: 2 }
    await lab.store.commit({ require: [], puts: [{ key, value: lockRecord.write(lock) }] })
    const held = await lab.until(id, (rollout) => rollout.held?.by === 'lock')
    expect(held.instances.filter((one) => one.stage === 'waiting').length).toBeGreaterThanOrEqual(1)
    await lab.store.commit({ require: [], puts: [], deletes: [key] })
    expect(await driving).toBe('ended')
    await lab.expectPhase(id, 'succeeded')
  })

  it('waits while etcd is down and goes on when it is back', async () => {
    const id = await lab.begin(await lab.plan())
    const driving = lab.drive(id, undefined, 20_000)
    await lab.until(id, (rollout) => rollout.instances.some((one) => one.stage === 'starting'))
    await lab.etcd.kill()
    await new Promise((resolve) => setTimeout(resolve, 2500))
    await lab.etcd.restart()
    const how = await driving
    if (how === 'lost') {
      // The lease ended meanwhile: the next driver takes it up.
      await lab.until(id, () => true)
      expect(await lab.drive(id)).toBe('ended')
    }
    await lab.expectPhase(id, 'succeeded')
  })

  it('does nothing more once its lease is lost, and another driver ends it', async () => {
    const id = await lab.begin(await lab.plan())
    const first = lab.drive(id)
    await lab.until(id, (rollout) => rollout.instances.some((one) => one.stage === 'proving'))
    const owner = await lab.store.get(keys.owner(id))
    expect(owner).not.toBeNull()
    // As if its lease had expired while it did not notice: the key is gone, and another process makes its own.
    await lab.store.commit({ require: [], puts: [], deletes: [keys.owner(id)] })
    const second = lab.drive(id)
    expect(await first).toBe('lost')
    expect(await second).toBe('ended')
    await lab.expectPhase(id, 'succeeded')
  })

  it('fails when an instance cannot start, says which, and touches no other', async () => {
    const plan = await lab.plan()
    const [first = ''] = plan.batches.flat().map((one) => one.unit)
    const before = await pidsOf(lab.fleet)
    await lab.fleet.fault({ kind: 'fail-start', unit: first })
    const id = await lab.begin(plan)
    expect(await lab.drive(id)).toBe('ended')
    const rollout = await lab.expectPhase(id, 'failed')
    expect(rollout?.ending).toMatchObject({ kind: 'failed', unit: first })
    for (const [unit, pid] of await pidsOf(lab.fleet)) if (unit !== first) expect(pid).toBe(before.get(unit))
    await lab.fleet.fault({ kind: 'unit-well', unit: first })
    const again = await lab.begin(await lab.plan())
    expect(await lab.drive(again)).toBe('ended')
    await lab.expectPhase(again, 'succeeded')
    expect((await pidsOf(lab.fleet)).size).toBe(3)
  })

  it.each(['stop', 'start'] as const)(
    'finishes although fleetctl %s says it failed when it did its work',
    async (verb) => {
      await lab.fleet.fault({ kind: 'verb', verb, behaviour: 'lie', code: 1 })
      const id = await lab.begin(await lab.plan())
      expect(await lab.drive(id)).toBe('ended')
      await lab.fleet.fault({ kind: 'clear' })
      await lab.expectPhase(id, 'succeeded')
    },
  )

  it('is not fooled by a fleetctl that exits with 0 and does nothing', async () => {
    const before = await pidsOf(lab.fleet)
    await lab.fleet.fault({ kind: 'verb', verb: 'stop', behaviour: 'idle', code: 0 })
    const id = await lab.begin(await lab.plan())
    const driving = lab.drive(id)
    await lab.until(id, (rollout) => rollout.instances.some((one) => one.calls >= 2))
    expect(await pidsOf(lab.fleet)).toEqual(before)
    await lab.fleet.fault({ kind: 'clear' })
    expect(await driving).toBe('ended')
    await lab.expectPhase(id, 'succeeded')
    for (const [unit, pid] of await pidsOf(lab.fleet)) expect(pid).not.toBe(before.get(unit))
  })

  it('believes no short list: with rows missing it waits, and goes on when they are back', async () => {
    const from = Date.now()
    const id = await lab.begin(await lab.plan())
    const driving = lab.drive(id)
    await lab.until(id, (rollout) => rollout.instances.some((one) => one.stage === 'stopping'))
    await lab.fleet.fault({ kind: 'no-rows' })
    await new Promise((resolve) => setTimeout(resolve, 3000))
    await lab.fleet.fault({ kind: 'clear' })
    expect(await driving).toBe('ended')
    await lab.expectPhase(id, 'succeeded')
    expect(await mostAwaySince(from)).toBe(1)
  })

  it('of one named instance replaces that process and no other, and a retry of it too', async () => {
    const before = await pidsOf(lab.fleet)
    const only = { units: ['api@2.service'], why: 'named' } as const
    await lab.fleet.fault({ kind: 'fail-start', unit: 'api@2.service' })
    const id = await lab.begin(await lab.plan({ kind: 'restart', only }))
    expect(await lab.drive(id)).toBe('ended')
    const failed = await lab.expectPhase(id, 'failed')
    expect(failed?.instances.map((one) => one.unit)).toEqual(['api@2.service'])
    await lab.fleet.fault({ kind: 'unit-well', unit: 'api@2.service' })
    const again = await lab.begin(await lab.plan({ kind: 'restart', only: { ...only, why: 'left' } }))
    expect(await lab.drive(again)).toBe('ended')
    await lab.expectPhase(again, 'succeeded')
    const after = await pidsOf(lab.fleet)
    expect([...after].filter(([unit, pid]) => before.get(unit) !== pid).map(([unit]) => unit)).toEqual([
      'api@2.service',
    ])
  })

  it('scales down by the highest number and up again, with every other process as it was', async () => {
    const before = await pidsOf(lab.fleet)
    const down = await lab.begin(await lab.plan({ kind: 'scale', to: 2 }))
    expect(await lab.drive(down)).toBe('ended')
    await lab.expectPhase(down, 'succeeded')
    const less = await pidsOf(lab.fleet)
    expect([...less.keys()].toSorted()).toEqual(['api@1.service', 'api@2.service'])
    expect(await lab.fleetctl('list-unit-files', '--no-legend', '--fields', 'unit')).not.toContain('api@3')

    const up = await lab.begin(await lab.plan({ kind: 'scale', to: 3 }))
    expect(await lab.drive(up)).toBe('ended')
    await lab.expectPhase(up, 'succeeded')
    const after = await pidsOf(lab.fleet)
    expect(after.size).toBe(3)
    for (const [unit, pid] of less) {
      expect(pid).toBe(before.get(unit))
      expect(after.get(unit)).toBe(pid)
    }
  })

  it('aborted, a scale up takes back what was half started and a scale down brings back what was stopped', async () => {
    const down = await lab.begin(await lab.plan({ kind: 'scale', to: 2 }))
    const driving = lab.drive(down)
    await lab.until(down, (rollout) => rollout.instances.some((one) => one.stage === 'stopping'))
    await wish(down, { abort: word('no'), pause: null, take: null, go: null })
    expect(await driving).toBe('ended')
    await lab.expectPhase(down, 'aborted')
    expect((await pidsOf(lab.fleet)).size).toBe(3)

    const before = await pidsOf(lab.fleet)
    // A fourth finds no machine on three: it would wait for ever, and take the first that is free.
    const up = await lab.begin(await lab.plan({ kind: 'scale', to: 4 }))
    const waiting = lab.drive(up)
    await lab.until(up, (rollout) => rollout.instances.some((one) => one.note?.includes('no machine') === true))
    await wish(up, { abort: word('no'), pause: null, take: null, go: null })
    expect(await waiting).toBe('ended')
    const aborted = await lab.expectPhase(up, 'aborted')
    expect(aborted.instances).toMatchObject([{ unit: 'api@4.service', task: 'take-back', stage: 'kept' }])
    expect(await lab.fleetctl('list-unit-files', '--no-legend', '--fields', 'unit')).not.toContain('api@4')
    expect(await pidsOf(lab.fleet)).toEqual(before)
  })

  it('rolls a changed unit file out, though its driver ends with an instance destroyed and not started', async () => {
    await lab.replaceTemplate((content) => content.replace('Description=api', 'Description=api, the second'))
    const before = await pidsOf(lab.fleet)
    const old = await lab.plan()
    expect(old.warnings.join()).toContain('api@.service has changed, and 3 of 3 still run what it was')
    const from = Date.now()
    const id = await lab.begin(await lab.plan({ units: true }))
    const stop = new AbortController()
    const first = lab.drive(id, stop.signal)
    await lab.until(id, (rollout) => rollout.instances.some((one) => one.stage === 'removing'))
    stop.abort()
    expect(await first).toBe('handed-over')
    expect(await lab.drive(id)).toBe('ended')
    const { plan } = await lab.expectPhase(id, 'succeeded')
    const hash = plan.batches[0]?.[0]?.renews[0]?.hash ?? ''
    const rows = (await lab.fleetctl('list-units', '--full', '--no-legend', '--fields', 'unit,sub,hash'))
      .trim()
      .split('\n')
    expect(rows.map((row) => row.split(/\s+/))).toEqual([1, 2, 3].map((n) => [`api@${n}.service`, 'running', hash]))
    const after = await pidsOf(lab.fleet)
    for (const [unit, pid] of after) expect(pid).not.toBe(before.get(unit))
    expect(await mostAwaySince(from)).toBe(1)
    expect((await lab.plan({ units: true })).warnings).toContain('no unit file has changed: all run what fleet has')
  })

  it('makes an instance again that never ran, because no machine matched the template of before', async () => {
    await lab.replaceTemplate((content) => `${content}MachineMetadata=disk=ssd\n`)
    const settings = settingsOf({ settleMs: 300, progressDeadlineMs: 25_000 })
    const lost = await lab.begin(await lab.plan({ units: true, settings }))
    expect(await lab.drive(lost)).toBe('ended')
    const failed = await lab.expectPhase(lost, 'failed')
    expect(failed.ending).toMatchObject({ reason: expect.stringContaining('no machine matches it') as unknown })
    expect(JSON.stringify(failed)).toContain('MachineMetadata=disk=ssd')
    const left = (await lab.rollouts.left(target)).meant
    expect(left?.units.filter((one) => one.neverRan).map((one) => one.unit)).toEqual(['api@1.service'])
    // The template is still the one that no machine matches.
    const same = await lab.plan({ units: true, left })
    expect(same.batches.flat().map((one) => one.unit)).toEqual(['api@2.service', 'api@3.service'])

    await lab.replaceTemplate((content) => content.replace('Description=api', 'Description=api, repaired'))
    const plan = await lab.plan({ units: true, left })
    expect(plan.batches[0]?.[0]).toMatchObject({ unit: 'api@1.service', task: 'renew', serving: false })
    const id = await lab.begin(plan)
    const stop = new AbortController()
    const first = lab.drive(id, stop.signal)
    // Its driver ends between the destroy and the start.
    await lab.until(id, (rollout) => rollout.instances.some((one) => one.stage === 'removing'))
    stop.abort()
    expect(await first).toBe('handed-over')
    expect(await lab.drive(id)).toBe('ended')
    await lab.expectPhase(id, 'succeeded')
    const rows = (await lab.fleetctl('list-units', '--full', '--no-legend', '--fields', 'unit,sub,hash'))
      .trim()
      .split('\n')
      .map((row) => row.split(/\s+/))
    expect(rows.map(([unit, sub]) => [unit, sub])).toEqual([1, 2, 3].map((n) => [`api@${n}.service`, 'running']))
    expect(new Set(rows.map(([, , hash]) => hash)).size).toBe(1)
  })
})
