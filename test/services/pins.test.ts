import { beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/adapters/system/clock.ts'
import type { EtcdStore } from '../../src/adapters/etcd/store.ts'
import { createPinReader, pinCapability, unpinCapability } from '../../src/services/pins.ts'
import { createRollout } from '../../src/rollout/create.ts'
import { demand, doorAt, request } from '../authorization/support.ts'
import { ann } from '../commands/fakes.ts'
import { ownEtcd } from '../support/own-etcd.ts'
import { releaseOf } from '../support/releases.ts'
import { askedFor, planOf } from '../support/rollouts.ts'

/** A real etcd, and the door as it is shipped. */

const etcd = ownEtcd()
const api = { service: 'api', tier: 'production' }
let store: EtcdStore

beforeAll(() => {
  store = etcd.newStore('/pins/')
})

async function granted<R extends 'pin' | 'unpin'>(right: R) {
  const asked = request({ actor: { id: 'UDEPLOY', name: 'dora' }, demands: [demand(right, 'api', 'production')] })
  const { door } = doorAt(store)
  const answer = await door.authorize({ ...asked, requestKey: `${right}:${Math.random()}` })
  const context = answer.kind === 'allowed' ? answer.contexts[0] : undefined
  if (context === undefined) throw new Error(JSON.stringify(answer))
  return { context, open: door.open }
}
const pin = async (digit: string, why: string) => {
  const { context, open } = await granted('pin')
  return pinCapability(open, store, systemClock)(context).pin(releaseOf(digit), why)
}
const unpin = async () => {
  const { context, open } = await granted('unpin')
  return unpinCapability(open, store)(context).unpin()
}

const roll = (digit: string | null) =>
  createRollout(
    store,
    systemClock,
    askedFor(
      planOf({
        release:
          digit === null
            ? null
            : {
                at: { by: 'tag', image: 'quay.io/opsee/api', tag: 'production' },
                from: null,
                to: releaseOf(digit),
                proof: { by: 'none' },
              },
      }),
      { force: true, requestedBy: ann },
    ),
    { atOnce: () => 5, length: 5, afterFailure: 'ask' },
  )

describe('a pin', () => {
  it('stands until it is taken back, the last one in the place of the one before', async () => {
    const reader = createPinReader(store)
    expect(await reader.on(api)).toBeNull()
    expect(await pin('1', 'v2 loses orders')).toMatchObject({ kind: 'pinned', before: null })
    expect(await pin('1', 'something else')).toMatchObject({ kind: 'already', pin: { why: 'v2 loses orders' } })
    expect(await pin('2', 'v3 loses them')).toMatchObject({ kind: 'pinned', before: { release: releaseOf('1') } })
    const now = { ...api, release: releaseOf('2'), why: 'v3 loses them', by: { id: 'UDEPLOY', name: 'dora' } }
    expect(await reader.on(api)).toMatchObject(now)
    expect((await reader.all()).records).toMatchObject([now])
    expect(await reader.on({ service: 'web', tier: 'production' })).toBeNull()
  })

  it('set between a plan and its start wins: nothing is created of another release, though forced', async () => {
    expect(await roll('3')).toMatchObject({ kind: 'pinned', pin: { release: releaseOf('2') } })
    expect(await roll('2')).toMatchObject({ kind: 'created' })
  })

  it('is gone after it was taken back, once', async () => {
    expect(await unpin()).toMatchObject({ kind: 'unpinned', pin: { release: releaseOf('2') } })
    expect(await unpin()).toEqual({ kind: 'none' })
    expect((await createPinReader(store).all()).records).toEqual([])
    expect(await roll('3')).toMatchObject({ kind: 'queued' })
  })
})
