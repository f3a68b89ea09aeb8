import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { createFleetScheduler, type FleetScheduler } from '../../../src/adapters/fleet/fleet-scheduler.ts'
import type { FleetOptions } from '../../../src/adapters/fleet/options.ts'
import type { ClusterView } from '../../../src/ports/scheduler.ts'
import { systemClock as realClock } from '../../../src/adapters/system/clock.ts'
import { hash, healthy, ids, scriptedFleet, scriptedOptions } from './scripted.ts'
import { startStopwatch } from '../../support/stopwatch.ts'
import { listRuns, runAt } from './transcripts.ts'

const fleet = scriptedFleet()
const open: FleetScheduler[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((scheduler) => scheduler.close()))
})
afterAll(() => fleet.remove())

function scheduler(endpoints: readonly string[], more: Partial<FleetOptions> = {}): FleetScheduler {
  const made = createFleetScheduler(scriptedOptions(endpoints, more), realClock)
  open.push(made)
  return made
}
const never = new AbortController().signal
const reasonOf = (view: ClusterView): string => (view.kind === 'unknown' ? view.reason : 'known')
async function timed<Value>(promise: Promise<Value>): Promise<{ value: Value; ms: number; wallMs: number }> {
  const [began, elapsed] = [performance.now(), startStopwatch()]
  return { value: await promise, ms: elapsed(), wallMs: performance.now() - began }
}
const hang = { sh: 'sleep 1000' }
const refused = {
  rc: 1,
  err: 'Error retrieving list of units from repository: Get "http://x/fleet/v1/state?alt=json": dial tcp 127.0.0.1:18081: connect: connection refused\n',
}

describe('observe', () => {
  it('reads the three lists from one endpoint, with the fields it parses and nothing shortened', async () => {
    const a = fleet.endpoint('reads', healthy)
    const view = await scheduler([a]).observe(5_000)
    if (view.kind === 'unknown') throw new Error(view.reason)
    expect([...view.machines.values()].map(({ ip }) => ip)).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3'])
    expect(view.units.get('api@2.service')).toMatchObject({ wanted: 'launched', target: ids[1], hash })
    expect(view.templates.get('api@.service')).toBe(hash)
    expect(view.endedAt).toBeGreaterThan(view.startedAt)
    expect(
      fleet
        .calls('reads')
        .toSorted((a, b) => a.localeCompare(b))
        .slice(0, 3),
    ).toEqual([
      `--endpoint=${a} list-machines --full --no-legend --fields machine,ip,metadata`,
      `--endpoint=${a} list-unit-files --full --no-legend --fields unit,hash,dstate,state,target,global`,
      `--endpoint=${a} list-units --full --no-legend --fields unit,machine,load,active,sub,hash`,
    ])
  })

  it('goes to the next endpoint when one refuses, keeps to it, and mixes no lists of two', async () => {
    const absent = fleet.absent('nobody')
    const half = fleet.endpoint('half', { ...healthy, 'list-units': refused })
    const good = fleet.endpoint('good', healthy)
    const subject = scheduler([absent, half, good])
    expect((await subject.observe(5_000)).kind).toBe('known')
    expect((await subject.observe(5_000)).kind).toBe('known')
    expect((await subject.observe(5_000)).kind).toBe('known')
    expect(fleet.calls('half').length).toBeLessThanOrEqual(3)
    expect(fleet.calls('good').length).toBeGreaterThanOrEqual(9)
  })

  it('does not wait for a list that hangs when another of the same endpoint was refused', async () => {
    const half = fleet.endpoint('half-frozen', { ...healthy, 'list-units': refused, 'list-machines': hang })
    const good = fleet.endpoint('beside-half-frozen', healthy)
    const look = await timed(scheduler([half, good]).observe(8_000))
    expect(look.value.kind).toBe('known')
    expect(look.ms).toBeLessThan(6_000)
    expect(fleet.survivors('half-frozen')).toEqual([])
  })

  it('pays for an endpoint that hangs once, and leaves no process there', async () => {
    const frozen = fleet.endpoint('frozen', { ...healthy, 'list-units': hang, 'list-machines': hang })
    const good = fleet.endpoint('beside-frozen', healthy)
    const subject = scheduler([frozen, good], { listTimeoutMs: 1_500 })
    const first = await timed(subject.observe(5_000))
    expect(first.value.kind).toBe('known')
    expect(first.wallMs).toBeGreaterThan(1_490)
    const paid = fleet.calls('frozen').length
    expect((await subject.observe(5_000)).kind).toBe('known')
    expect(fleet.calls('frozen')).toHaveLength(paid)
    expect(fleet.survivors('frozen')).toEqual([])
  })

  it('tells within its time which endpoint said what', async () => {
    const frozen = fleet.endpoint('all-frozen', { 'list-units': hang, 'list-machines': hang, 'list-unit-files': hang })
    const bad = fleet.endpoint('bad', { 'list-units': refused, 'list-machines': refused, 'list-unit-files': refused })
    const subject = scheduler([bad, frozen], { listTimeoutMs: 60_000 })
    const look = await timed(subject.observe(2_500))
    expect(look.ms).toBeLessThan(5_000)
    expect(reasonOf(look.value)).toContain('fleet did not answer within 2.5 s (')
    expect(reasonOf(look.value)).toContain('connect: connection refused')
    expect(reasonOf(look.value)).toContain(`${frozen}: no answer yet`)
    await subject.close()
    expect(fleet.survivors('all-frozen')).toEqual([])
  })

  it.each([
    ['the help text', { out: runAt(listRuns, 'usage-errors', 1).stdout }, 'printed its help'],
    ['a cut list', { out: healthy['list-units']?.slice(0, -20) ?? '' }, 'is cut: it has no end of line'],
    [
      'a shortened list',
      { out: 'api@1.service\t1ce50000.../10.77.0.11\tactive\trunning\n' },
      'list-units printed a line that',
    ],
    ['an error page', { out: '<html>login</html>\n' }, '<html>login</html>'],
    ['HTTP 500', { rc: 1, err: 'googleapi: got HTTP response code 500 with body: {}\n' }, 'HTTP response code 500'],
    ['no row at all', { out: '' }, 'reports are late'],
  ])('is unknown, with the reason, after %s', async (_, script, reason) => {
    const a = fleet.endpoint('odd', { ...healthy, 'list-units': script })
    const subject = scheduler([a])
    const reasons: string[] = []
    // On a busy machine the program may take longer than the first limits.
    while (reasons.length < 20 && !reasons.join().includes(reason))
      reasons.push(reasonOf(await subject.observe(300 * (reasons.length + 1))))
    expect(reasons.join('\n')).toContain(reason)
    expect(reasons).not.toContain('known')
  })

  it('says what to set when fleetctl is not there', async () => {
    const view = await scheduler([], { binary: '/no/such/fleetctl' }).observe(200)
    expect(reasonOf(view)).toContain(
      "/no/such/fleetctl does not exist. Install fleetctl there, or set the tier's fleet `binary`",
    )
  })
})

describe('stop and start', () => {
  it('ask one unit, without waiting, and nothing else', async () => {
    const a = fleet.endpoint('asks', {
      stop: { out: 'Triggered unit api@1.service stop\n', err: 'Successfully stopped units [api@1.service].\n' },
      start: '',
    })
    const subject = scheduler([a])
    expect(await subject.stop('api@1.service', never)).toEqual({ kind: 'asked' })
    expect(await subject.start('api@1.service', never)).toEqual({ kind: 'asked' })
    expect(fleet.calls('asks')).toEqual([
      `--endpoint=${a} stop --no-block api@1.service`,
      `--endpoint=${a} start --no-block api@1.service`,
    ])
  })

  it('refuse what is not the name of one unit before anything is run', async () => {
    const a = fleet.endpoint('names', {})
    for (const name of ['--help', 'api@*.service', '../x.service', 'a.service b.service', '']) {
      const result = await scheduler([a]).stop(name, never)
      expect(result).toMatchObject({ kind: 'failed' })
    }
    expect(fleet.calls('names')).toEqual([])
  })

  it('are killed at their limit and when called off; the next call begins at another endpoint', async () => {
    const frozen = fleet.endpoint('frozen-calls', { stop: hang })
    const good = fleet.endpoint('good-calls', { stop: '' })
    const subject = scheduler([frozen, good], { callTimeoutMs: 2_000 })
    expect(subject.callTimeoutMs).toBe(2_000)
    const limited = await timed(subject.stop('api@1.service', never))
    expect(limited.value).toMatchObject({ kind: 'killed' })
    expect(limited.ms).toBeLessThan(5_000)
    expect(await subject.stop('api@1.service', never)).toEqual({ kind: 'asked' })

    const only = scheduler([fleet.endpoint('frozen-only', { stop: hang })])
    const off = await timed(only.stop('api@1.service', AbortSignal.timeout(200)))
    expect(off.value).toMatchObject({ kind: 'killed', message: expect.stringContaining('called off') as unknown })
    expect(off.ms).toBeLessThan(5_000)
    expect([...fleet.survivors('frozen-calls'), ...fleet.survivors('frozen-only')]).toEqual([])
  })

  it('go past an endpoint that is away, and name each when all are', async () => {
    const good = fleet.endpoint('good-after-absent', { start: '' })
    expect(await scheduler([fleet.absent('x'), good]).start('api@1.service', never)).toEqual({ kind: 'asked' })
    const all = await scheduler([fleet.absent('x'), fleet.absent('y')]).start('api@1.service', never)
    if (all.kind !== 'failed') throw new Error(all.kind)
    expect(all.message).toMatch(/exited 1: .*no such file or directory \(unix:.*x\); .*\(unix:.*y\)/)
  })

  it('do not go to another endpoint when fleet itself says no', async () => {
    const no = { rc: 1, err: 'Unable to stop unit api@4.service in state inactive\n' }
    const first = fleet.endpoint('says-no', { stop: no })
    const second = fleet.endpoint('never-asked', { stop: '' })
    expect(await scheduler([first, second]).stop('api@4.service', never)).toEqual({
      kind: 'failed',
      message: 'fleetctl stop --no-block api@4.service exited 1: Unable to stop unit api@4.service in state inactive',
    })
    expect(fleet.calls('never-asked')).toEqual([])
  })
})

describe('journal', () => {
  const printed = '-- Logs begin at Mon --\nNov 23 07:47:21 vm sh[1]: one\nNov 23 07:47:22 vm sh[1]: two\n'

  it('is the last lines, newest last', async () => {
    const a = fleet.endpoint('journal', { journal: printed })
    expect(await scheduler([a]).journal('api@1.service', 50)).toEqual({
      kind: 'lines',
      lines: ['Nov 23 07:47:21 vm sh[1]: one', 'Nov 23 07:47:22 vm sh[1]: two'],
    })
    expect(fleet.calls('journal')).toEqual([`--endpoint=${a} journal --lines 50 api@1.service`])
  })

  it('says why there is none: without ssh, in time when it hangs, for a bad name and for the help text', async () => {
    const noSsh = { rc: 255, err: 'Unable to SSH to remote host: SSH_AUTH_SOCK environment variable is not set.\n' }
    const help = runAt(listRuns, 'usage-errors', 1).stdout
    // Only what hangs may meet its limit: the others answer, however late on a busy machine.
    for (const [script, journalTimeoutMs, why] of [
      [noSsh, 20_000, 'SSH_AUTH_SOCK environment variable is not set'],
      [hang, 300, 'fleetctl journal was'],
      [help, 20_000, 'printed its help'],
    ] as const) {
      const subject = scheduler([fleet.endpoint('no-journal', { journal: script })], { journalTimeoutMs })
      const look = await timed(subject.journal('api@1.service', 10))
      expect(look.value).toEqual({ kind: 'none', reason: expect.stringContaining(why) })
      expect(look.ms).toBeLessThan(5_000)
    }
    expect((await scheduler([]).journal('--help', 10)).kind).toBe('none')
  })
})

describe('the flags of the connection', () => {
  it('carry tunnel, driver, keys and certificates, with absolute paths', async () => {
    const a = fleet.endpoint('flags', { start: '' })
    const subject = scheduler([a], {
      tunnel: '10.0.0.9:2222',
      driver: 'etcd',
      sshUser: 'core',
      knownHostsFile: '/keys/known_hosts',
      strictHostKeyChecking: false,
      tls: { caFile: '/tls/ca.pem', certFile: '/tls/cert.pem', keyFile: 'key.pem' },
    })
    await subject.start('api@1.service', never)
    expect(fleet.calls('flags')).toEqual([
      `--endpoint=${a} --driver=etcd --tunnel=10.0.0.9:2222 --ssh-username=core --known-hosts-file=/keys/known_hosts --strict-host-key-checking=false --ca-file=/tls/ca.pem --cert-file=/tls/cert.pem --key-file=${process.cwd()}/key.pem start --no-block api@1.service`,
    ])
  })
})

describe('checkFleet', () => {
  it('says the version, and of each endpoint what it lists or why not', async () => {
    const good = fleet.endpoint('checked', healthy)
    const check = await scheduler([good, fleet.absent('gone')], { sshAuthSock: '/agent' }).checkFleet()
    expect(check.kind).toBe('degraded')
    expect(check.lines.map(({ kind }) => kind)).toEqual(['good', 'good', 'fault'])
    expect(check.lines[0]?.text).toContain('is fleetctl 1.0.0.')
    expect(check.lines[1]?.text).toBe(`${good}: 3 machines, 3 units.`)
    expect(check.lines[2]?.text).toContain('no such file or directory')
  })

  it('is usable when nothing is wrong, and warns of a missing ssh agent', async () => {
    const good = fleet.endpoint('checked', healthy)
    expect((await scheduler([good], { sshAuthSock: '/agent' }).checkFleet()).kind).toBe('usable')
    const warned = await scheduler([good]).checkFleet()
    expect(warned.lines.at(-1)?.text).toBe(
      'No ssh agent (SSH_AUTH_SOCK): the journal of a failed unit cannot be shown.',
    )
  })

  it('is unusable without the binary, or with another program', async () => {
    const absent = await scheduler([], { binary: 'no-such-fleetctl' }).checkFleet()
    expect(absent).toMatchObject({ kind: 'unusable', lines: [{ kind: 'fault' }] })
    const other = await scheduler([], { binary: 'true' }).checkFleet()
    expect(other.lines[0]?.text).toBe('true is not fleetctl: asked for its version it said "nothing" (exit 0).')
  })
})

it('close kills the calls under way and answers all who wait', async () => {
  const frozen = fleet.endpoint('closing', {
    'list-units': hang,
    'list-machines': hang,
    'list-unit-files': hang,
    stop: hang,
  })
  const subject = scheduler([frozen])
  const all = Promise.all([subject.observe(60_000), subject.stop('api@1.service', never)])
  await realClock.sleep(300)
  const { ms } = await timed(subject.close())
  expect((await all).map(({ kind }) => kind)).toEqual(['unknown', 'killed'])
  expect(ms).toBeLessThan(5_000)
  expect(fleet.survivors('closing')).toEqual([])
})
