import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestLab, type Outcome, type TestLab } from './lab.ts'

describe('faults of a lab', () => {
  let lab: TestLab
  const fleetctl = (...args: readonly string[]): Promise<Outcome> =>
    lab.run(['--endpoint', lab.fleet.endpoints[0] ?? '', ...args], { timeoutMs: 20_000 })
  const witness = (): string => readFileSync(lab.fleet.log, 'utf8')

  beforeAll(async () => {
    lab = await openTestLab({ timeScale: 0.1 })
    await lab.fleet.fault({ kind: 'agents', pace: 'eager' })
    writeFileSync(join(lab.cwd, 'w@.service'), "[Service]\nExecStart=/bin/sh -c 'while :; do sleep 1; done'\n")
    await fleetctl('start', 'w@1', 'w@2')
  })

  afterAll(() => lab.close())

  test('the installed executable says the same as fleetctl without a process', async () => {
    const args = ['--endpoint', lab.fleet.endpoints[0] ?? '', 'list-unit-files']
    expect(await lab.exec(args, { timeoutMs: 60_000 })).toEqual(await lab.run(args))
  })

  test('a lying verb does its work and exits with the code it was told', async () => {
    await lab.fleet.fault({ kind: 'verb', verb: 'stop', behaviour: 'lie', code: 1 })
    const { rc, stderr } = await fleetctl('stop', '--no-block', 'w@1')
    await lab.fleet.fault({ kind: 'verb-well', verb: 'stop' })
    expect([rc, stderr]).toEqual([1, 'Successfully stopped units [w@1.service].\n'])
    expect((await fleetctl('list-unit-files', '--no-legend', '--fields', 'unit,dstate')).stdout).toContain(
      'w@1.service\tloaded',
    )
  })

  test('an idle verb does nothing, says nothing and exits with 0, and the witness knows that it was called', async () => {
    await lab.fleet.fault({ kind: 'verb', verb: 'destroy', behaviour: 'idle', code: 0 })
    const outcome = await fleetctl('destroy', 'w@2')
    await lab.fleet.fault({ kind: 'verb-well', verb: 'destroy' })
    expect(outcome).toEqual({ rc: 0, stdout: '', stderr: '' })
    expect((await fleetctl('list-unit-files', '--no-legend')).stdout).toContain('w@2.service')
    expect(witness()).toContain('"verb":"destroy"')
  })

  test('short answers lack rows, and exit with 0 all the same', async () => {
    await lab.fleet.fault({ kind: 'short', share: 0.5, lists: 'files' })
    const { rc, stdout } = await fleetctl('list-unit-files', '--no-legend', '--fields', 'unit')
    await lab.fleet.fault({ kind: 'answer-well' })
    expect([rc, stdout.trim().split('\n')]).toEqual([0, ['w@1.service']])
  })

  test('a hanging machine answers nobody while the others answer', async () => {
    await lab.fleet.fault({ kind: 'hang', machine: 'f1' })
    const hanging = await lab.run(['--endpoint', lab.fleet.endpoints[0] ?? '', 'list-machines'], { timeoutMs: 500 })
    const other = await lab.run(['--endpoint', lab.fleet.endpoints[1] ?? '', 'list-machines'])
    await lab.fleet.fault({ kind: 'answer-well' })
    expect([hanging.rc, other.rc]).toEqual([null, 0])
  })

  test('refused connections are refused in the words of the real one', async () => {
    await lab.fleet.fault({ kind: 'refuse', machine: 'f1' })
    const { rc, stderr } = await fleetctl('list-units')
    await lab.fleet.fault({ kind: 'answer-well', machine: 'f1' })
    expect(rc).toBe(1)
    expect(stderr).toContain('connect: connection refused')
    expect((await fleetctl('list-units')).rc).toBe(0)
  })

  test('a machine that left stays off when every other fault is cleared', async () => {
    const machines = async (): Promise<string> => (await fleetctl('list-machines', '--no-legend')).stdout
    await lab.fleet.fault({ kind: 'shutdown', machine: 'f3' })
    await lab.fleet.fault({ kind: 'partition', machine: 'f2' })
    await lab.fleet.fault({ kind: 'clear', except: ['f3'] })
    expect((await machines()).trim().split('\n')).toHaveLength(2)
    await lab.fleet.fault({ kind: 'clear' })
    expect((await machines()).trim().split('\n')).toHaveLength(3)
  })

  test('a frozen fleetd answers when it goes on, a crashed one resets what waited and comes back', async () => {
    await lab.fleet.fault({ kind: 'fleetd-freeze', machine: 'f1' })
    const frozen = fleetctl('list-machines')
    await lab.fleet.fault({ kind: 'fleetd-thaw', machine: 'f1' })
    expect((await frozen).rc).toBe(0)
    await lab.fleet.fault({ kind: 'fleetd-crash', machine: 'f1' })
    expect((await fleetctl('list-machines')).stderr).toContain('read: connection reset by peer')
    await expect.poll(async () => (await fleetctl('list-machines')).rc, { timeout: 30_000 }).toBe(0)
  })

  test('a fault that names no machine of the lab is refused, and says which there are', async () => {
    await expect(lab.fleet.fault({ kind: 'power-loss', machine: 'f9' })).rejects.toThrow('use one of f1, f2, f3')
  })
})
