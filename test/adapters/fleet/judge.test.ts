import { describe, expect, it } from 'vitest'
import { judge } from '../../../src/adapters/fleet/judge.ts'
import type { FleetctlResult } from '../../../src/adapters/fleet/fleetctl-call.ts'
import { callRuns, type Run } from './transcripts.ts'

const ran = ({ rc, stdout, stderr }: Run): FleetctlResult =>
  rc === null
    ? { kind: 'killed', by: 'time-limit', why: 'killed after 5 s without an end', stderr }
    : { kind: 'exited', rc, stdout, stderr }
const verdict = (run: Run): string => {
  const { result } = judge(run.args[0] === 'stop' ? 'stop' : 'start', 'api@1.service', ran(run))
  return result.kind === 'asked' ? 'asked' : `${result.kind}: ${result.message}`
}
const runs = (stderr: RegExp): readonly Run[] => callRuns.filter((run) => stderr.test(run.stderr))
const verdicts = (of: readonly Run[]): string[] => [...new Set(of.map(verdict))]

describe('what start and stop of the real fleetctl say', () => {
  it('is "asked" when the wish was written, or stood already', () => {
    expect(verdicts(runs(/^Successfully stopped units \[/))).toEqual(['asked'])
    expect(runs(/^Successfully stopped units \[\]/).length).toBeGreaterThan(0)
    expect(verdicts(callRuns.filter((run) => run.rc === 0 && run.stderr === '' && run.stdout === ''))).toEqual([
      'asked',
    ])
    expect(verdicts(callRuns.filter((run) => run.rc === 0 && run.stdout.startsWith('Triggered')))).toEqual(['asked'])
  })

  it('is "asked" with a warning that the file differs: the content of the registry runs', () => {
    const warned = runs(/^WARNING: Unit .* differs/).filter(({ rc }) => rc === 0)
    expect(warned.length).toBeGreaterThan(0)
    expect(verdicts(warned)).toEqual(['asked'])
  })

  it.each([
    [/^No units given/, 'exited 0 but asked nothing: No units given'],
    [/^Units not found in registry/, 'exited 0 but asked nothing: Units not found in registry'],
    [/^Error: unknown flag/, 'printed its help and asked nothing: Error: unknown flag: --bogus'],
    [/in state inactive/, 'exited 1: Unable to stop unit api@.service in state inactive'],
    [/unable to find Unit/, 'exited 1: Error creating units: unable to find Unit(nosuch.service) in Registry'],
  ])('is "failed" for %s, whatever the exit code', (stderr, message) => {
    const found = runs(stderr)
    expect(found.length).toBeGreaterThan(0)
    for (const run of found) expect(verdict(run)).toMatch(/^failed: fleetctl (?:start|stop) --no-block api@1.service /)
    expect(found.map(verdict).join('\n')).toContain(message)
  })

  it('is "failed" for an unknown command, which exits 0 too', () => {
    const stderr = 'Error: unknown command "strat" for "fleetctl"\n\nDid you mean this?\n\tstart\n'
    expect(judge('start', 'a.service', { kind: 'exited', rc: 0, stdout: '', stderr }).result.kind).toBe('failed')
  })

  it('is "asked" when a unit that is to be destroyed is not there, or was there', () => {
    const answer = (stdout: string, stderr: string): string =>
      judge('destroy', 'api@1.service', { kind: 'exited', rc: 0, stdout, stderr }).result.kind
    expect(answer('Destroyed api@1.service\n', '')).toBe('asked')
    expect(answer('', 'Units not found in registry\n')).toBe('asked')
    expect(answer('', 'No units given\n')).toBe('failed')
    const exited = { kind: 'exited', rc: 1, stdout: '', stderr: 'EOF\n' } as const
    // With --no-block it would wait.
    expect(judge('destroy', 'api@1.service', exited).result).toMatchObject({
      message: 'fleetctl destroy api@1.service exited 1: EOF',
    })
  })

  it('is "killed", with the time in words, when it had no end', () => {
    expect(verdicts(callRuns.filter(({ rc }) => rc === null)).toSorted()).toEqual([
      'killed: fleetctl start --no-block api@1.service was killed after 5 s without an end: whether fleet heard it is unknown.',
      'killed: fleetctl stop --no-block api@1.service was killed after 5 s without an end: whether fleet heard it is unknown.',
    ])
  })

  it('is worth another endpoint only when it could not reach fleet', () => {
    const elsewhere = callRuns.filter((run) => judge('stop', 'a.service', ran(run)).elsewhere)
    expect(
      elsewhere.filter((run) => /refused|HTTP response code 500|Error 503/.test(run.stderr)).length,
    ).toBeGreaterThan(4)
    const own = /in state inactive|unable to find|Error 4\d\d|timed out waiting|Failed to find an active/
    expect(elsewhere.filter((run) => own.test(run.stderr))).toEqual([])
  })
})
