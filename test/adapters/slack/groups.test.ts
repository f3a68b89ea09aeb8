import { expect, test } from 'vitest'
import { createClients } from '../../../src/adapters/slack/client.ts'
import { createSlackGroups } from '../../../src/adapters/slack/groups.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import { faultyFetch, refused, says, silence } from './faults.ts'
import { keptLog } from './support.ts'
import { startStopwatch } from '../../support/stopwatch.ts'

function groupsAt(timeoutMs = 5_000) {
  let now = 0
  const clock: Clock = { now: () => now, monotonic: () => now, sleep: async () => undefined }
  const faulty = faultyFetch()
  const log = keptLog()
  const options = { token: 'xoxb-x', apiUrl: 'http://127.0.0.1:9/api/', timeoutMs, fetch: faulty.fetch }
  const groups = createSlackGroups(createClients(options, log), clock, log)
  return {
    groups,
    faulty,
    log,
    pass: (ms: number) => {
      now += ms
    },
  }
}

test('a group is asked for once in five minutes, also when many ask at the same time', async () => {
  const { groups, faulty, pass } = groupsAt()
  faulty.fault = async () => says({ ok: true, users: ['U1', 'U2'] })
  await expect(Promise.all([groups.members('S1'), groups.members('S1')])).resolves.toEqual([
    ['U1', 'U2'],
    ['U1', 'U2'],
  ])
  pass(299_999)
  await groups.members('S1')
  expect(faulty.methods).toEqual(['usergroups.users.list'])
  faulty.fault = async () => says({ ok: true, users: ['U3'] })
  pass(1)
  await expect(groups.members('S1')).resolves.toEqual(['U3'])
})

test.each(['no_such_subteam', 'plan_upgrade_required', 'missing_scope'])(
  'a refusal is "not known", never an empty or an old group: %s',
  async (code) => {
    const { groups, faulty, log, pass } = groupsAt()
    faulty.fault = async () => says({ ok: true, users: ['U1'] })
    await groups.members('S1')
    pass(300_000)
    faulty.fault = async () => refused(code)
    await expect(groups.members('S1')).resolves.toBeNull()
    expect(log.lines[0]?.message).toContain(code)
  },
)

test('a failure is asked again after ten seconds, not at every command', async () => {
  const { groups, faulty, pass } = groupsAt()
  faulty.fault = async () => refused('internal_error')
  await groups.members('S1')
  await groups.members('S1')
  expect(faulty.methods).toHaveLength(1)
  faulty.fault = async () => says({ ok: true, users: ['U1'] })
  pass(10_000)
  await expect(groups.members('S1')).resolves.toEqual(['U1'])
})

test('silence ends within the time limit', async () => {
  const { groups, faulty } = groupsAt(100)
  faulty.fault = (_method, _call, signal) => silence(signal)
  const elapsed = startStopwatch()
  await expect(groups.members('S1')).resolves.toBeNull()
  expect(elapsed()).toBeLessThan(2_000)
})
