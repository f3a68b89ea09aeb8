import type { Authorization, Authorized, Door } from '../../src/authorization/door.ts'
import { createRedact } from '../../src/config/redact.ts'
import type { Demand, Right } from '../../src/authorization/rights.ts'
import type { CommandRequest, Reply } from '../../src/command/context.ts'
import { createDispatch, type DispatchParts } from '../../src/command/dispatch.ts'
import { commandsDirectory, loadCommands } from '../../src/command/load.ts'
import type { CapabilityBinders } from '../../src/command/pass-the-door.ts'
import { createCatalog, type Catalog } from '../../src/domain/catalog.ts'
import type { Pin } from '../../src/domain/pin.ts'
import type { Release } from '../../src/domain/release.ts'
import type { Plan, Planned } from '../../src/domain/plan.ts'
import {
  holdsItsTarget,
  isOver,
  isWaiting,
  type InstanceState,
  type Phase,
  type Rollout,
  type Stage,
} from '../../src/domain/rollout.ts'
import type { Stop } from '../../src/domain/stop.ts'
import type { ClusterView, UnitView } from '../../src/ports/scheduler.ts'
import { noReleases, releaseOf } from '../support/releases.ts'
import { instanceOf, plannedInstance, planOf as basicPlan, rolloutOf as basicRollout } from '../support/rollouts.ts'
import type { Capabilities, PlanRequest, Readers, StartRequest } from '../../src/services/capabilities.ts'
import { listed, liveOf } from '../support/listed.ts'

/** Plain objects in place of what commands look at and act through. What was done lies in `did`. */

export const noon = Date.UTC(2026, 0, 5, 12)
export const ann = { id: 'U0ANN', name: 'ann' }

const service = {
  team: 'backend',
  sidekicks: [],
  release: 'tag' as const,
  releaseKey: '/opsee.co/releases/{tier}/{service}/current',
  verify: { by: 'none' as const },
  health: { kind: 'none' as const },
  rollout: {},
  deployOnPush: [],
}
const tier = { fleet: { endpoints: ['http://127.0.0.1:1'], strictHostKeyChecking: true }, rollout: {} }

export const catalog: Catalog = createCatalog({
  services: {
    api: {
      ...service,
      aliases: ['bartnet'],
      unit: 'api@.service',
      health: { kind: 'http', port: 8080, path: '/health', timeout: 1000 },
    },
    vape: { ...service, aliases: [], unit: 'vape@.service' },
    beavis: { ...service, aliases: [], unit: 'beavis.service', tiers: ['production'] },
  },
  tiers: { staging: { ...tier, aliases: ['stg'] }, production: { ...tier, aliases: ['prod'] } },
})

export const unit = (name: string, ip: string | null, over: Partial<UnitView> = {}): UnitView => ({
  unit: name,
  wanted: 'launched',
  hash: 'a1',
  believed: 'launched',
  target: 'm1',
  global: false,
  reports:
    ip === null ? [] : [{ machine: `m-${ip}`, ip, load: 'loaded', active: 'active', sub: 'running', hash: 'a1' }],
  sameFor: { views: 3, since: 0 },
  flaps: 0,
  wantedFor: 3,
  ...over,
})

export const known = (...units: readonly UnitView[]): ClusterView => ({
  kind: 'known',
  startedAt: 0,
  endedAt: 1,
  machines: new Map(),
  units: new Map(units.map((one) => [one.unit, one])),
  templates: new Map(),
})

export const pinOf = (over: Partial<Pin> = {}): Pin => ({
  service: 'api',
  tier: 'production',
  release: releaseOf('2'),
  by: ann,
  why: 'v3 loses orders',
  at: noon - 240_000,
  audit: 1,
  ...over,
})

/** A deploy of three healthy instances, one at a time, with all that people are shown of one. */
export const planOf = (over: Partial<Plan> = {}): Plan =>
  basicPlan({
    batches: [1, 2, 3].map((n) => [
      plannedInstance(`api@${n}.service`, { machine: { id: `m${n}`, ip: `10.0.0.${n}` } }),
    ]),
    gate: { kind: 'http', port: 8080, path: '/health', timeoutMs: 1000, identity: null },
    settleMs: 5000,
    progressDeadlineMs: 300_000,
    hash: 'abcdef012345',
    ...over,
  })

const instance = (name: string, stage: Stage, batch: number): InstanceState =>
  instanceOf(plannedInstance(name), batch, {
    stage,
    since: noon,
    attempt: 1,
    calls: 2,
    replaced: stage === 'done',
    before: { machine: null, ip: null, identity: null },
    machine: { id: `m-10.0.0.${batch + 1}`, ip: `10.0.0.${batch + 1}` },
    startedAt: stage === 'done' ? noon - 3_600_000 : null,
    ...(stage === 'done' ? { upAt: noon - 3_540_000, finishedAt: noon - 3_500_000 } : {}),
  })

/** A rollout of the plan above, a minute old: `stages` has one entry per instance. */
export const rolloutOf = (id: number, phase: Phase, stages: readonly Stage[], over: Partial<Rollout> = {}): Rollout =>
  basicRollout(planOf(), {
    id,
    phase,
    instances: stages.map((stage, index) => instance(`api@${index + 1}.service`, stage, index)),
    requestedBy: ann,
    createdAt: noon - 60_000,
    endedAt: isOver({ phase }) ? noon - 30_000 : null,
    ...over,
  })

export const stopOf = (over: Partial<Stop> = {}): Stop => ({
  kind: 'stop',
  tier: 'production',
  by: ann,
  why: 'checkout is down',
  at: noon - 240_000,
  audit: 1,
  ...over,
})

export interface World {
  readonly did: {
    authorized: Demand[]
    planned: PlanRequest[]
    started: StartRequest[]
    aborted: [number, string | null][]
    paused: [number, string | null][]
    resumed: [number, string | null][]
    continued: [number, number, string | null][]
    confirmed: [number, string | null][]
    taken: [number, string | null][]
    stopped: string[]
    went: (string | null)[]
    locked: [string, number | null][]
    unlocked: number
    pinned: [Release, string][]
    unpinned: number
    settled: Reply[]
  }
  readonly logged: { level: string; fields: Readonly<Record<string, unknown>>; message: string }[]
  readonly read: Readers
  readonly say: (text: string, over?: Partial<CommandRequest>) => Promise<Reply>
}

interface Given {
  readonly rollouts?: readonly Rollout[]
  readonly planned?: (request: PlanRequest) => Planned
  readonly read?: (readers: Readers) => Partial<Readers>
  readonly door?: Partial<Door>
  /** Each replaces a part of what there is. */
  readonly can?: { readonly [R in keyof Capabilities]?: Partial<Capabilities[R]> }
  readonly parts?: Partial<DispatchParts>
}

export async function world(given: Given = {}): Promise<World> {
  const did: World['did'] = {
    authorized: [],
    planned: [],
    started: [],
    aborted: [],
    paused: [],
    resumed: [],
    continued: [],
    confirmed: [],
    taken: [],
    stopped: [],
    went: [],
    locked: [],
    unlocked: 0,
    pinned: [],
    unpinned: 0,
    settled: [],
  }
  const rollouts = given.rollouts ?? []
  const plain: Readers = {
    rollouts: {
      get: async (id) => rollouts.find((one) => one.id === id) ?? null,
      events: async () => listed(),
      live: async (target) =>
        rollouts.find(
          (one) => holdsItsTarget(one) && one.plan.service === target.service && one.plan.tier === target.tier,
        ) ?? null,
      allLive: async () => liveOf(...rollouts.filter(holdsItsTarget)),
      waiting: async () =>
        rollouts.flatMap((one) =>
          isWaiting(one) ? [{ id: one.id, target: one.plan, rollout: one, unreadable: null }] : [],
        ),
      history: async () => ({ rows: [], older: null, unreadable: [] }),
      inThread: async ({ thread }) => (thread === null ? [] : rollouts),
      lastGood: async () => null,
      left: async () => ({ ended: null, meant: null, unreadable: [] }),
    },
    locks: { all: async () => listed(), on: async () => [] },
    stops: { all: async () => listed(), on: async () => null },
    pins: { all: async () => listed(), on: async () => null },
    releases: noReleases,
    drift: { memory: async () => null },
    planner: {
      plan: async (request) => {
        did.planned.push(request)
        if (given.planned !== undefined) return given.planned(request)
        return { kind: 'plan', plan: planOf({ ...request.target, kind: request.kind }), blockers: [] }
      },
    },
    clusters: {
      of: () => ({
        observe: async () => known(),
        journal: async () => ({ kind: 'none', reason: 'no ssh' }),
      }),
    },
    health: { check: async () => null },
    discovery: { announced: async () => ({ list: [], unreadable: [], complete: true }) },
    keys: {
      get: async (key) => ({ kind: 'none', key, near: '/opsee.co/services/' }),
      list: async () => ({ kind: 'list', entries: [], more: false }),
    },
    rights: {
      groupsOf: async () => [],
      refusal: async () => null,
      allowed: async (_, demands) => demands.map(() => true),
    },
    now: () => noon,
  }
  const read: Readers = { ...plain, ...given.read?.(plain) }
  const start = {
    start: async (request: StartRequest) => {
      did.started.push(request)
      return { kind: 'started' as const, id: 12 }
    },
    confirm: async (id: number, hash: string | null) => {
      did.confirmed.push([id, hash])
      return { kind: 'confirmed' as const, hash: hash ?? 'abcdef012345', obstacles: [] }
    },
  }
  const usual: Capabilities = {
    audit: {
      list: async () => ({ rows: [], unreadable: [], cut: false }),
      verify: async () => {
        const intact = { kind: 'intact', first: 1, last: { seq: 0, hash: '' } } as const
        return { grants: intact, denials: intact }
      },
      page: async () => ({ lines: [], last: null, more: false }),
    },
    pin: {
      pin: async (release, why) => {
        did.pinned.push([release, why])
        return { kind: 'pinned', pin: pinOf({ release, why }), before: null }
      },
    },
    unpin: {
      unpin: async () => {
        did.unpinned += 1
        return { kind: 'unpinned', pin: pinOf() }
      },
    },
    deploy: start,
    restart: start,
    scale: start,
    rollback: start,
    promote: start,
    continue: {
      go: async (id, forMs, reason) => {
        did.continued.push([id, forMs, reason])
        return { kind: 'asked' }
      },
    },
    retry: start,
    take: {
      take: async (id, reason) => {
        did.taken.push([id, reason])
        return { kind: 'asked', from: { id: 'U0BOB', name: 'bob' } }
      },
    },
    stop: {
      stop: async (why) => {
        did.stopped.push(why)
        return { kind: 'stopped', stop: stopOf({ why }), live: [12, 13] }
      },
    },
    go: {
      go: async (why) => {
        did.went.push(why)
        return { kind: 'going', stop: stopOf(), live: [12] }
      },
    },
    pause: {
      pause: async (id, reason) => {
        did.paused.push([id, reason])
        return { kind: 'asked' }
      },
    },
    resume: {
      resume: async (id, reason) => {
        did.resumed.push([id, reason])
        return { kind: 'asked', stopped: false }
      },
    },
    abort: {
      abort: async (id, reason) => {
        did.aborted.push([id, reason])
        return { kind: 'asked' }
      },
    },
    lock: {
      lock: async (why, until) => {
        did.locked.push([why, until])
        return {
          kind: 'locked',
          lock: { service: 'api', tier: 'production', by: ann, why, at: noon, until, audit: 1 },
          live: [],
        }
      },
    },
    unlock: {
      unlock: async () => {
        did.unlocked += 1
        return {
          kind: 'unlocked',
          lock: { service: null, tier: 'production', by: ann, why: 'db', at: noon - 240_000, until: null, audit: 1 },
        }
      },
    },
  }
  const can: Capabilities = {
    pin: { ...usual.pin, ...given.can?.pin },
    unpin: { ...usual.unpin, ...given.can?.unpin },
    deploy: { ...usual.deploy, ...given.can?.deploy },
    restart: { ...usual.restart, ...given.can?.restart },
    scale: { ...usual.scale, ...given.can?.scale },
    rollback: { ...usual.rollback, ...given.can?.rollback },
    promote: { ...usual.promote, ...given.can?.promote },
    continue: { ...usual.continue, ...given.can?.continue },
    retry: { ...usual.retry, ...given.can?.retry },
    abort: { ...usual.abort, ...given.can?.abort },
    lock: { ...usual.lock, ...given.can?.lock },
    take: { ...usual.take, ...given.can?.take },
    stop: { ...usual.stop, ...given.can?.stop },
    go: { ...usual.go, ...given.can?.go },
    audit: { ...usual.audit, ...given.can?.audit },
    pause: { ...usual.pause, ...given.can?.pause },
    resume: { ...usual.resume, ...given.can?.resume },
    unlock: { ...usual.unlock, ...given.can?.unlock },
  }
  const door: Door = {
    authorize: async (request) => {
      did.authorized.push(...request.demands)
      return grantAll(request)
    },
    settle: async (_key, reply) => {
      did.settled.push(reply)
      return { kind: 'stored' }
    },
    open: () => {
      throw new Error('nothing is opened here')
    },
    ...given.door,
  }
  const logged: World['logged'] = []
  const log = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    logged.push({ level, fields, message })
  }
  const dispatch = createDispatch({
    commands: await loadCommands(commandsDirectory()),
    catalog,
    read,
    door,
    capabilities: binders(can),
    readingRefusal: async () => null,
    entryRefusal: () => null,
    clock: { now: () => noon, monotonic: () => performance.now(), sleep },
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    storeAnswers: async () => undefined,
    newReference: () => 'ref-7',
    redact: createRedact(['correct horse battery']),
    ...given.parts,
  })
  return {
    did,
    logged,
    read,
    say: async (text, over = {}) => {
      const place = { channel: 'C1', thread: null }
      const reply = await dispatch({ text, actor: ann, place, key: 'k1', source: 'slash', ...over })
      // Only mentions of people and labelled links may look like Slack's markup, and no URL stands alone.
      if (/<(?!@[UW][A-Z0-9]+>|https?:[^<>| ]+\|[^<>|]+>)|(?<![<|])https?:/.test(JSON.stringify(reply.message))) {
        throw new Error(`not escaped: ${textOf(reply)}`)
      }
      return reply
    },
  }
}

export const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })

const binders = (can: Capabilities): CapabilityBinders => ({
  deploy: () => can.deploy,
  restart: () => can.restart,
  scale: () => can.scale,
  rollback: () => can.rollback,
  promote: () => can.promote,
  continue: () => can.continue,
  retry: () => can.retry,
  take: () => can.take,
  stop: () => can.stop,
  go: () => can.go,
  audit: () => can.audit,
  pause: () => can.pause,
  resume: () => can.resume,
  abort: () => can.abort,
  lock: () => can.lock,
  unlock: () => can.unlock,
  pin: () => can.pin,
  unpin: () => can.unpin,
})

/** What the door answers when everything is allowed. */
export const grantAll = <R extends Right>(request: { readonly demands: readonly Demand<R>[] }): Authorization<R> => ({
  kind: 'allowed',
  contexts: request.demands.map((demand) => context(demand)),
})

/** Stands where a context of the door would: the binders here never open it. */
function context<R extends Right>(demand: Demand<R>): Authorized<R> {
  const stand: unknown = { demand }
  if (!isStand<R>(stand)) throw new Error('never')
  return stand
}

const isStand = <R extends Right>(value: unknown): value is Authorized<R> => typeof value === 'object'

export const textOf = (reply: Reply): string => reply.message.text
