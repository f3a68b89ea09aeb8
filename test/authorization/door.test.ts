import { once } from 'node:events'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { EtcdServer } from '../../demo/etcd/start.ts'
import { startEtcd } from '../../demo/etcd/start.ts'
import type { EtcdStore } from '../../src/adapters/etcd/store.ts'
import { auditKeys, auditRecord, verifyChain } from '../../src/authorization/chain.ts'
import type { Authorization } from '../../src/authorization/door.ts'
import type { StoredReply } from '../../src/authorization/request-record.ts'
import type { Right } from '../../src/authorization/rights.ts'
import { storeAt } from '../adapters/etcd/support.ts'
import { demand, doorAt, request } from './support.ts'
import { startStopwatch } from '../support/stopwatch.ts'

let etcd: EtcdServer
let root: EtcdStore
let store: EtcdStore
let turn = 0

beforeAll(async () => {
  etcd = await startEtcd()
  root = storeAt(etcd.endpoint, { timeoutMs: 20_000 })
}, 40_000)

beforeEach(() => {
  turn += 1
  store = root.under(`/door/${turn}`)
})

afterAll(async () => {
  await root.close()
  await etcd.stop()
})

const reply = (text: string): StoredReply => ({
  visibility: 'everyone',
  message: { text, sections: [{ kind: 'text', text }] },
  outcome: 'done',
  rollouts: [7],
})

/** Of both chains: what was allowed, then what was denied. */
async function records(of: EtcdStore = store) {
  const pages = [await of.range('audit/0'), await of.range('denials/0')]
  return pages.flatMap((page) => page.entries).map((entry) => auditRecord.read(entry))
}

function contextsOf<R extends Right>(answer: Authorization<R>) {
  if (answer.kind !== 'allowed') throw new Error(JSON.stringify(answer))
  return answer.contexts
}

describe('the door', () => {
  test('grants what the policy allows, bound to the demand and to the record that says so', async () => {
    const { door } = doorAt(store)
    const asked = request({ demands: [demand('deploy', 'api', 'staging')] })
    const [context] = contextsOf(await door.authorize(asked))
    if (context === undefined) throw new Error('no context')
    expect(door.open(context)).toEqual({
      right: 'deploy',
      scope: { kind: 'target', target: { service: 'api', tier: 'staging' } },
      owner: null,
      actor: { id: 'UTEAM', name: 'ann' },
      audit: 1,
      requestKey: asked.requestKey,
    })
    expect(await records()).toMatchObject([
      { seq: 1, fact: { kind: 'decision', decision: 'allowed', policies: ['team-changes-open-tiers'], denial: null } },
    ])
  })

  test('records a denial before it tells it', async () => {
    const { door } = doorAt(store)
    const answer = await door.authorize(request({ demands: [demand('deploy', 'api', 'production')] }))
    expect(answer).toMatchObject({ kind: 'denied' })
    if (answer.kind !== 'denied') return
    expect(answer.denial.message).toContain('You may not deploy api to production')
    expect(await records()).toMatchObject([{ fact: { decision: 'denied', denial: answer.denial.message } }])
  })

  test('judges the tag that was asked for, says what to name instead, and keeps it in the record', async () => {
    const { door } = doorAt(store)
    const actor = { id: 'UDEPLOY', name: 'dora' }
    const asked = (tag: string) => request({ actor, demands: [demand('deploy', 'api', 'production', null, tag)] })
    const denied = await door.authorize(asked('latest'))
    expect(denied).toMatchObject({
      denial: {
        message:
          'You may not deploy api to production: policy "no-moving-tag" forbids it (it names whatever was pushed last: name a version such as v2, a commit or a digest instead). No group is exempt from it.',
        policies: ['no-moving-tag'],
      },
    })
    expect((await door.authorize(asked('v2'))).kind).toBe('allowed')
    await door.authorize(request({ demands: [demand('restart', 'api', 'staging')] }))
    const kept = (await records()).flatMap(({ fact }) => (fact.kind === 'decision' ? [fact] : []))
    expect(kept.map(({ decision, demands }) => [decision, demands[0]?.tag])).toEqual([
      ['allowed', 'v2'],
      ['allowed', undefined],
      ['denied', 'latest'],
    ])
    expect((await verifyChain(store)).kind).toBe('intact')
    expect((await verifyChain(store, undefined, 'denials')).kind).toBe('intact')
  })

  test('grants nothing of a list of which one service is denied', async () => {
    const { door } = doorAt(store)
    const demands = [demand('deploy', 'api', 'staging'), demand('deploy', 'web', 'staging')]
    const answer = await door.authorize(request({ demands }))
    expect(answer).toMatchObject({ kind: 'denied' })
    expect(JSON.stringify(answer)).toContain('web')
    expect(JSON.stringify(answer)).not.toContain('deploy api')
  })

  test('grants one context for each demand, in their order', async () => {
    const { door } = doorAt(store)
    const demands = [demand('deploy', 'web', 'production'), demand('deploy', 'api', 'production')]
    const answer = await door.authorize(request({ actor: { id: 'UDEPLOY', name: null }, demands }))
    const services = contextsOf(answer).map((context) => {
      const { scope } = door.open(context)
      return scope.kind === 'target' ? scope.target.service : scope.kind
    })
    expect(services).toEqual(['web', 'api'])
  })

  test('grants what was judged, though the caller changes its demand meanwhile', async () => {
    const { door } = doorAt(store)
    const scope = { kind: 'target' as const, target: { service: 'api', tier: 'staging' } }
    const answering = door.authorize(request({ demands: [{ right: 'deploy', scope, owner: null }] }))
    scope.target.tier = 'production'
    const [context] = contextsOf(await answering)
    if (context === undefined) throw new Error('no context')
    const grant = door.open(context)
    expect(grant.scope).toEqual({ kind: 'target', target: { service: 'api', tier: 'staging' } })
    expect(() => Object.assign(grant.scope, { kind: 'tier' })).toThrow(TypeError)
    expect(() => Object.assign(grant, { right: 'unlock' })).toThrow(TypeError)
  })

  test('refuses a command that demands nothing', async () => {
    await expect(doorAt(store).door.authorize(request({ demands: [] }))).rejects.toThrow('at least one right')
  })

  test('masks secrets in what it records', async () => {
    const { door } = doorAt(store)
    const asked = request({
      command: 'deploy api staging --reason "token xoxb-123456-abcdef and hunter2-hunter2"',
      demands: [demand('deploy', 'api', 'staging')],
    })
    await door.authorize(asked)
    await door.settle(asked.requestKey, reply('used password=abcdefgh and hunter2-hunter2'))
    const page = await store.range('')
    const everything = page.entries.map((entry) => entry.value).join('\n')
    expect(everything).toContain('‹secret›')
    for (const secret of ['xoxb-123456', 'hunter2', 'abcdefgh']) expect(everything).not.toContain(secret)
  })
})

describe('a redelivered command', () => {
  test('is answered with the first one’s reply, and grants nothing again', async () => {
    const { door } = doorAt(store)
    const asked = request({ demands: [demand('deploy', 'api', 'staging')] })
    contextsOf(await door.authorize(asked))
    expect(await door.authorize(asked)).toEqual({ kind: 'repeated', reply: null })
    expect(await door.settle(asked.requestKey, reply('Rollout 7 began.'))).toEqual({ kind: 'stored' })
    expect(await door.authorize(asked)).toEqual({ kind: 'repeated', reply: reply('Rollout 7 began.') })
    expect((await records()).map((record) => record.fact.kind)).toEqual(['decision', 'outcome'])
  })

  test('is answered so by another replica too, and after a restart', async () => {
    const asked = request({ demands: [demand('deploy', 'api', 'staging')] })
    const one = doorAt(store)
    await one.door.authorize(asked)
    await one.door.settle(asked.requestKey, reply('done'))
    expect(await doorAt(store).door.authorize(asked)).toEqual({ kind: 'repeated', reply: reply('done') })
  })

  test('grants once when it arrives 40 times at once at two replicas', async () => {
    const doors = [doorAt(store).door, doorAt(store).door]
    const asked = request({ demands: [demand('deploy', 'api', 'staging')] })
    const answers = await Promise.all(
      Array.from({ length: 20 }).flatMap(() => doors.map((door) => door.authorize(asked))),
    )
    expect(answers.filter((answer) => answer.kind === 'allowed')).toHaveLength(1)
    expect(answers.filter((answer) => answer.kind === 'repeated')).toHaveLength(39)
    expect(await records()).toHaveLength(1)
  })

  test('that was denied is told the same, without a second record', async () => {
    const { door } = doorAt(store)
    const asked = request({ demands: [demand('deploy', 'api', 'production')] })
    await door.authorize(asked)
    const refusal: StoredReply = { ...reply('You may not.'), outcome: 'refused', rollouts: [] }
    expect(await door.settle(asked.requestKey, refusal)).toEqual({ kind: 'stored' })
    expect(await door.authorize(asked)).toEqual({ kind: 'repeated', reply: refusal })
    expect(await records()).toHaveLength(1)
  })

  test('keeps its first reply when a second one is stored', async () => {
    const { door } = doorAt(store)
    const asked = request({ demands: [demand('deploy', 'api', 'staging')] })
    await door.authorize(asked)
    await door.settle(asked.requestKey, reply('first'))
    expect(await door.settle(asked.requestKey, reply('second'))).toEqual({ kind: 'already' })
    expect(await door.authorize(asked)).toMatchObject({ reply: { message: { text: 'first' } } })
  })

  test('of another person with the same key hears nothing of the first one’s reply', async () => {
    const { door } = doorAt(store)
    const asked = request({ demands: [demand('deploy', 'api', 'staging')] })
    await door.authorize(asked)
    await door.settle(asked.requestKey, reply('between us'))
    const answer = await door.authorize({ ...asked, actor: { id: 'UBOTH', name: null } })
    expect(answer).toMatchObject({ kind: 'unavailable' })
    expect(JSON.stringify(answer)).not.toContain('between us')
  })

  test.each([
    ['empty', ''],
    ['a path', '../../audit/head'],
    ['no text', '\0\n'],
    ['of other letters', 'ключ 🔑'],
    ['very long', 'x'.repeat(100_000)],
    ['a name of the language', '__proto__'],
  ])('may have a key that is %s', async (_word, requestKey) => {
    const { door } = doorAt(store)
    const asked = request({ requestKey, demands: [demand('deploy', 'api', 'staging')] })
    expect((await door.authorize(asked)).kind).toBe('allowed')
    expect((await door.authorize(asked)).kind).toBe('repeated')
  })

  test('with a reply too long to keep is answered with its text', async () => {
    const { door } = doorAt(store)
    const asked = request({ demands: [demand('deploy', 'api', 'staging')] })
    await door.authorize(asked)
    const long: StoredReply = {
      ...reply('short'),
      message: {
        text: 'short',
        sections: Array.from({ length: 40 }, () => ({ kind: 'text', text: 'x'.repeat(3000) })),
      },
    }
    expect(await door.settle(asked.requestKey, long)).toEqual({ kind: 'stored' })
    expect(await door.authorize(asked)).toEqual({
      kind: 'repeated',
      reply: { ...long, message: { text: 'short', sections: [] } },
    })
  })

  test('whose record is garbage is refused, names it, and leaves it', async () => {
    const { door } = doorAt(store)
    const asked = request({ demands: [demand('deploy', 'api', 'staging')] })
    const key = auditKeys.request(asked.requestKey)
    await store.commit({ require: [], puts: [{ key, value: '{"garbage":' }] })
    const answer = await door.authorize(asked)
    expect(answer).toMatchObject({ kind: 'unavailable' })
    expect(JSON.stringify(answer)).toContain(key)
    expect((await store.get(key))?.value).toBe('{"garbage":')
    expect(await door.settle(asked.requestKey, reply('x'))).toMatchObject({ kind: 'unavailable' })
  })
})

describe('while the store is away', () => {
  test('nothing is granted, all who wait hear so within 3 s, and afterwards it goes on', async () => {
    const own = await startEtcd()
    const away = storeAt(own.endpoint, { prefix: '/away' })
    try {
      const { door, audit } = doorAt(away, 2000)
      const demands = [demand('deploy', 'api', 'staging')]
      expect((await door.authorize(request({ demands }))).kind).toBe('allowed')
      own.pause()
      const elapsed = startStopwatch()
      const answers = await Promise.all(Array.from({ length: 10 }, () => door.authorize(request({ demands }))))
      expect(elapsed()).toBeLessThan(3000)
      expect(answers.map((answer) => answer.kind)).toEqual(Array.from({ length: 10 }, () => 'unavailable'))
      own.resume()
      const again = await door.authorize(request({ demands }))
      expect(again.kind).toBe('allowed')
      expect(await verifyChain(audit.store)).toMatchObject({ kind: 'intact' })
    } finally {
      own.resume()
      await away.close()
      await own.stop()
    }
  }, 40_000)

  test('a record that came too late is withdrawn in the log, and the same request may come again', async () => {
    const thaw = new AbortController()
    const late: EtcdStore = {
      ...store,
      commit: async (transaction) => {
        if (!thaw.signal.aborted) await once(thaw.signal, 'abort')
        return store.commit(transaction)
      },
    }
    const { door } = doorAt(late, 300)
    const asked = request({ demands: [demand('deploy', 'api', 'staging')] })
    expect((await door.authorize(asked)).kind).toBe('unavailable')
    thaw.abort()
    await expect.poll(async () => (await records()).map((record) => record.fact.kind)).toEqual(['decision', 'outcome'])
    expect(await records()).toMatchObject([{}, { fact: { of: 1, outcome: 'withdrawn' } }])
    expect((await door.authorize(asked)).kind).toBe('allowed')
  })
})
