import { types } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EtcdServer } from '../../demo/etcd/start.ts'
import { startEtcd } from '../../demo/etcd/start.ts'
import type { EtcdStore } from '../../src/adapters/etcd/store.ts'
import { Authorized, ForgedAuthorization, type Door } from '../../src/authorization/door.ts'
import { storeAt } from '../adapters/etcd/support.ts'
import { createAuditReader } from '../../src/authorization/audit-reader.ts'
import { rights, type Scope } from '../../src/authorization/rights.ts'
import { createRolloutReader } from '../../src/services/rollout-reader.ts'
import { bindCapabilities } from '../../src/services/bind-capabilities.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { demand, doorAt, policyOf, request, target } from './support.ts'

let etcd: EtcdServer
let store: EtcdStore
let genuine: Authorized<'deploy'>
let door: Door

beforeAll(async () => {
  etcd = await startEtcd()
  store = storeAt(etcd.endpoint, { timeoutMs: 20_000 })
  door = doorAt(store).door
  const answer = await door.authorize(request({ demands: [demand('deploy', 'api', 'staging')] }))
  const [context] = answer.kind === 'allowed' ? answer.contexts : []
  if (context === undefined) throw new Error(JSON.stringify(answer))
  genuine = context
}, 40_000)

afterAll(async () => {
  await store.close()
  await etcd.stop()
})

/** As an attacker would who does not care what the compiler says. */
const open = (forged: unknown): unknown => Reflect.apply(door.open, undefined, [forged])
const grant = { right: 'deploy', scope: { kind: 'tier', tier: 'production' }, actor: { id: 'UEVIL', name: null } }

const spread = (context: object): object => ({ ...context })

const forgeries: Readonly<Record<string, () => unknown>> = {
  nothing: () => undefined,
  null: () => null,
  'a text': () => 'deploy',
  'an object that looks like one': () => ({ ...grant }),
  'a spread copy': () => spread(genuine),
  'an assigned copy': () => Object.assign(Object.create(Authorized.prototype), genuine),
  'an object with its prototype': () => Object.create(Authorized.prototype),
  'an object that inherits from a genuine one': () => Object.create(genuine),
  'an object whose prototype was set': () => Object.setPrototypeOf({ ...grant }, Authorized.prototype),
  'a JSON round trip': () => JSON.parse(JSON.stringify(genuine)),
  'a structured clone': () => structuredClone(genuine),
  'a proxy of a genuine one': () => new Proxy(genuine, {}),
  'a function with its prototype': () => Object.setPrototypeOf(() => grant, Authorized.prototype),
  'the class itself': () => Authorized,
  'a copy of all its properties': () => Object.defineProperties({}, Object.getOwnPropertyDescriptors(genuine)),
}

test.each(Object.keys(forgeries))('%s is no authorization', (name) => {
  expect(() => open(forgeries[name]?.())).toThrow(ForgedAuthorization)
})

test('a genuine one opens, again and again', () => {
  expect(door.open(genuine)).toMatchObject({ right: 'deploy', actor: { id: 'UTEAM' } })
  expect(door.open(genuine)).toBe(door.open(genuine))
})

test('the constructor makes none, however it is reached', () => {
  const reached: unknown[] = [Authorized, Reflect.get(genuine, 'constructor'), Authorized.prototype.constructor]
  for (const constructor of reached) {
    if (typeof constructor !== 'function') throw new Error('no constructor')
    for (const key of [undefined, Symbol('mint'), Symbol.for('mint'), 'mint', null]) {
      expect(() => Reflect.construct(constructor, [key, grant])).toThrow(ForgedAuthorization)
      expect(() => Reflect.construct(constructor, [key, grant], Object)).toThrow(ForgedAuthorization)
    }
  }
})

test('a subclass makes none', () => {
  // The compiler refuses `extends Authorized`; at run time it is tried all the same.
  const parent: unknown = Authorized
  if (typeof parent !== 'function') throw new Error('no class')
  function Subclass(this: unknown): unknown {
    return Reflect.construct(Object, [], Subclass)
  }
  Object.setPrototypeOf(Subclass, parent)
  Object.setPrototypeOf(Subclass.prototype, Authorized.prototype)
  const forged: unknown = Reflect.construct(Subclass, [])
  expect(forged instanceof Authorized).toBe(true)
  expect(() => open(forged)).toThrow(ForgedAuthorization)
  expect(() => Reflect.construct(parent, [Symbol('mint'), grant], Subclass)).toThrow(ForgedAuthorization)
})

test('a replaced prototype, `open` or Symbol.hasInstance opens nothing', () => {
  expect(Reflect.defineProperty(Authorized, 'open', { value: () => grant })).toBe(false)
  expect(Reflect.defineProperty(Authorized, Symbol.hasInstance, { value: () => true })).toBe(false)
  expect(Reflect.set(Authorized.prototype, 'grant', grant)).toBe(false)
  expect(Reflect.setPrototypeOf(genuine, null)).toBe(false)
})

test('nothing of the grant can be seen or changed from outside', () => {
  expect(Reflect.ownKeys(genuine)).toEqual([])
  expect(JSON.stringify(genuine)).toBe('{}')
  expect(Object.isFrozen(genuine)).toBe(true)
  expect(types.isProxy(genuine)).toBe(false)
  const opened = door.open(genuine)
  expect(Reflect.set(opened, 'right', 'unlock')).toBe(false)
  expect(Reflect.set(opened.scope, 'kind', 'tier')).toBe(false)
  expect(Reflect.set(opened.actor, 'id', 'UEVIL')).toBe(false)
})

test('one for deploying opens nothing that wants another right, though the compiler was lied to', () => {
  const lied: unknown = genuine
  expect(() => Reflect.apply(door.open, undefined, [lied, 'unlock'])).toThrow('is for deploy, not for unlock')
})

test('one of a second door in the same process opens nothing at the first, and the other way round', async () => {
  const permitAll = policyOf('@id("all") permit (principal, action, resource);')
  const second = doorAt(store.under('/second'), 20_000, { policy: permitAll }).door
  const answer = await second.authorize(
    request({ actor: { id: 'UEVIL', name: null }, demands: [demand('deploy', 'api', 'production')] }),
  )
  const [context] = answer.kind === 'allowed' ? answer.contexts : []
  if (context === undefined) throw new Error(JSON.stringify(answer))
  expect(second.open(context)).toMatchObject({ actor: { id: 'UEVIL' } })
  expect(() => door.open(context)).toThrow(ForgedAuthorization)
  expect(() => second.open(genuine)).toThrow('came from a different door')
})

test('every capability of the process refuses what a second door granted', async () => {
  const permitAll = policyOf('@id("all") permit (principal, action, resource);')
  const second = doorAt(store.under('/second'), 20_000, { policy: permitAll }).door
  const limits = { atOnce: () => null, length: 1, afterFailure: 'ask' as const }
  const parts = { store, clock: systemClock, created: () => undefined, limits, open: door.open }
  const capabilities = bindCapabilities(parts, createRolloutReader(store, []), createAuditReader(store))
  for (const right of rights) {
    const scope: Scope =
      right === 'audit'
        ? { kind: 'shop' }
        : right === 'stop' || right === 'go'
          ? { kind: 'tier', tier: 'production' }
          : target('api', 'production')
    const asked = request({ actor: { id: 'UEVIL', name: null }, demands: [{ right, scope, owner: null }] })
    const answer = await second.authorize(asked)
    const [context] = answer.kind === 'allowed' ? answer.contexts : []
    if (context === undefined) throw new Error(JSON.stringify(answer))
    const bind: unknown = capabilities[right]
    if (typeof bind !== 'function') throw new Error('no capability')
    expect(() => Reflect.apply(bind, undefined, [context])).toThrow('came from a different door')
  }
})
