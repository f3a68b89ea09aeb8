import { expect, it } from 'vitest'
import { createAdmission } from '../../src/services/admission.ts'
import { doorAt } from '../authorization/support.ts'
import { planOf, rolloutOf } from '../commands/fakes.ts'
import { ownEtcd } from '../support/own-etcd.ts'
import { releaseOf } from '../support/releases.ts'

const etcd = ownEtcd()

it('asks the policy again about the tag as it was typed, and not about the one that the image was found by', async () => {
  const store = etcd.newStore('')
  let keys = 0
  const admission = createAdmission({
    store,
    door: doorAt(store).door,
    planner: { plan: async () => ({ kind: 'plan', plan: planOf(), blockers: [] }) },
    knows: () => true,
    newKey: () => `k${(keys += 1)}`,
  })
  const waiting = (tag: string) =>
    rolloutOf(12, 'queued', ['waiting'], {
      requestedBy: { id: 'UDEPLOY', name: 'dora' },
      waiting: {
        for: { kind: 'turn', live: 9, ahead: [] },
        ask: {
          kind: 'deploy',
          release: { ...releaseOf('2'), tag: 'latest' },
          tag,
          batch: null,
          canary: null,
          only: null,
        },
        force: false,
      },
    })
  expect(await admission.allow(waiting('2222222'))).toEqual({ kind: 'allowed', audit: 1 })
  expect(await admission.allow(waiting('latest'))).toMatchObject({
    kind: 'denied',
    reason: expect.stringContaining('no-moving-tag'),
  })
})
