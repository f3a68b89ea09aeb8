import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { installFleetctl } from '../../../demo/fleet/install.ts'
import { startFleet, type Fleet } from '../../../demo/fleet/start.ts'
import { createFleetScheduler, type FleetScheduler } from '../../../src/adapters/fleet/fleet-scheduler.ts'
import type { FleetOptions } from '../../../src/adapters/fleet/options.ts'
import type { ClusterView } from '../../../src/ports/scheduler.ts'
import { schedulerContract } from '../../contracts/scheduler.ts'
import { systemClock as realClock } from '../../../src/adapters/system/clock.ts'

const unitFile = `[Unit]
Description=worker %i

[Service]
ExecStart=/bin/sh -c 'while :; do sleep 1; done'
`
const patienceMs = 40_000

/** A stand-in fleet ten times as fast as the real one, with workers that run. */
async function startWorkers(count: number) {
  const root = mkdtempSync(join(tmpdir(), 'opsee-test-'))
  const binary = installFleetctl(join(root, 'bin'))
  const fleet = await startFleet({ dir: join(root, 'lab'), timeScale: 0.1 })
  const units = Array.from({ length: count }, (_, index) => `worker@${index + 1}.service`)
  mkdirSync(join(root, 'units'))
  writeFileSync(join(root, 'units', 'worker@.service'), unitFile)
  const type = async (...words: string[]): Promise<void> => {
    await execa(binary, [`--endpoint=${fleet.endpoints[0]}`, ...words], {
      cwd: join(root, 'units'),
      timeout: patienceMs,
    })
  }
  await type('submit', 'worker@.service')
  await type('start', '--no-block', ...units)
  const options = (endpoints: readonly string[], more: Partial<FleetOptions> = {}): FleetOptions => ({
    binary,
    searchPath: '/usr/bin:/bin',
    endpoints,
    pollMs: 100,
    ...more,
  })
  const stop = async (): Promise<void> => {
    await fleet.stop()
    rmSync(root, { recursive: true, force: true })
  }
  const agent = join(root, 'agent')
  writeFileSync(agent, '')
  return { fleet, units, options, stop, agent }
}

async function waitFor(
  scheduler: { observe(timeoutMs: number): Promise<ClusterView> },
  is: (view: Extract<ClusterView, { kind: 'known' }>) => boolean,
): Promise<Extract<ClusterView, { kind: 'known' }>> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const view = await scheduler.observe(5_000)
    if (view.kind === 'known' && is(view)) return view
    if (performance.now() > deadline)
      throw new Error(JSON.stringify(view, (_, value) => (value instanceof Map ? [...value] : value)))
  }
}

schedulerContract('fleetctl', async () => {
  const { fleet, units, options, stop } = await startWorkers(2)
  const scheduler = createFleetScheduler(options(fleet.endpoints), realClock)
  const frozen = await startWorkers(0)
  for (const machine of ['f1', 'f2', 'f3']) await frozen.fleet.fault({ kind: 'hang', machine })
  const unreachable = createFleetScheduler(
    frozen.options(frozen.fleet.endpoints, { callTimeoutMs: 700, journalTimeoutMs: 700 }),
    realClock,
  )
  await waitFor(scheduler, (view) => units.every((unit) => view.units.get(unit)?.reports[0]?.sub === 'running'))
  const [one = '', other = ''] = units
  return {
    scheduler,
    unreachable,
    running: [one, other],
    template: 'worker@.service',
    machines: 3,
    patienceMs,
    async close() {
      await Promise.all([scheduler.close(), unreachable.close()])
      await Promise.all([stop(), frozen.stop()])
    },
  }
})

describe('on a fleet with faults', () => {
  let lab: Awaited<ReturnType<typeof startWorkers>>
  let fleet: Fleet
  beforeAll(async () => {
    lab = await startWorkers(3)
    fleet = lab.fleet
  })
  const open: FleetScheduler[] = []
  const scheduler = (more: Partial<FleetOptions> = {}): FleetScheduler => {
    const made = createFleetScheduler(lab.options(fleet.endpoints, more), realClock)
    open.push(made)
    return made
  }
  afterEach(async () => {
    await Promise.all(open.splice(0).map((made) => made.close()))
    await fleet.fault({ kind: 'clear' })
  })
  afterAll(() => lab.stop())

  it('a frozen fleetd costs its limit once, and every call after that finds another endpoint', async () => {
    const subject = scheduler({ listTimeoutMs: 1_500 })
    await waitFor(subject, (view) => lab.units.every((unit) => view.units.get(unit)?.reports[0]?.sub === 'running'))
    await fleet.fault({ kind: 'hang', machine: 'f1' })
    const began = performance.now()
    expect((await subject.observe(10_000)).kind).toBe('known')
    expect(performance.now() - began).toBeGreaterThan(1_400)
    expect(await subject.start('worker@1.service', new AbortController().signal)).toEqual({ kind: 'asked' })
  })

  it('lists without any row, or with some, make no unit gone', async () => {
    const subject = scheduler()
    await waitFor(subject, (view) => lab.units.every((unit) => view.units.get(unit)?.reports[0]?.sub === 'running'))
    await fleet.fault({ kind: 'no-rows' })
    const newcomer = scheduler()
    const reasons: string[] = []
    while (reasons.length < 20 && !reasons.join().includes('reports are late')) {
      // On a busy machine one look takes longer than half a second: each gets more time than the one before.
      const view = await newcomer.observe(500 * (reasons.length + 1))
      reasons.push(view.kind === 'unknown' ? view.reason : 'known')
    }
    expect(reasons.join('\n')).toContain('reports are late')
    expect(reasons).not.toContain('known')
    expect((await subject.observe(500)).kind).toBe('unknown')
    await fleet.fault({ kind: 'clear' })
    expect((await waitFor(subject, () => true)).units.get('worker@1.service')?.reports).toHaveLength(1)
  })

  it('the journal comes with an ssh agent, and says what is missing without', async () => {
    // The stand-in asks only that the agent's socket be there.
    const more = { sshAuthSock: lab.agent, strictHostKeyChecking: false }
    const subject = scheduler(more)
    const reading = await subject.journal('worker@3.service', 5)
    expect(reading.kind === 'lines' ? reading.lines.join(' ') : reading.reason).toContain('worker')
    expect(reading.kind).toBe('lines')
    const without = scheduler()
    const none = await without.journal('worker@3.service', 5)
    expect(none).toEqual({ kind: 'none', reason: expect.stringContaining('SSH_AUTH_SOCK') })
  })

  it('the check of the configuration says what each endpoint lists', async () => {
    await fleet.fault({ kind: 'refuse', machine: 'f2' })
    const subject = scheduler({ sshAuthSock: lab.agent })
    const check = await subject.checkFleet()
    expect(check.kind).toBe('degraded')
    expect(check.lines.map(({ kind }) => kind)).toEqual(['good', 'good', 'fault', 'good'])
    expect(check.lines[1]?.text).toContain(': 3 machines, 3 units.')
    expect(check.lines[2]?.text).toContain('connection refused')
  })

  it('a machine without power is no longer heard of, and its units move', async () => {
    const subject = scheduler()
    const before = await waitFor(subject, (view) => view.machines.size === 3)
    const target = before.units.get('worker@2.service')?.target ?? ''
    await fleet.fault({ kind: 'power-loss', machine: target })
    const after = await waitFor(subject, (view) => {
      const unit = view.units.get('worker@2.service')
      return unit?.reports[0]?.sub === 'running' && unit.reports[0].machine !== target && unit.target !== target
    })
    expect(after.machines.has(target)).toBe(false)
  })
})
