import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Planned } from '../../src/domain/plan.ts'
import type { HealthGate } from '../../src/ports/health.ts'
import type { ClusterView, UnitView } from '../../src/ports/scheduler.ts'
import { planRollout, type PlanInput } from '../../src/rollout/plan-rollout.ts'
import { configSchema } from '../../src/config/schema.ts'
import { batchSizes, preparationFor } from '../../src/rollout/settings.ts'
import { meantUnit } from '../support/left.ts'
import { planInputOf, settingsOf } from '../support/rollouts.ts'
import { gate, migrate } from './world.ts'

const unit = (name: string, change: Partial<UnitView> = {}): UnitView => ({
  unit: name,
  wanted: 'launched',
  believed: 'launched',
  hash: 'h1',
  target: 'm1',
  global: false,
  reports: [{ machine: 'm1', ip: '10.0.0.1', load: 'loaded', active: 'active', sub: 'running', hash: 'h1' }],
  sameFor: { views: 3, since: 0 },
  flaps: 0,
  wantedFor: 3,
  ...change,
})

const healthy = { kind: 'healthy', identity: null } as const

const clusterOf = (units: readonly UnitView[]): Extract<ClusterView, { kind: 'known' }> => ({
  kind: 'known',
  startedAt: 0,
  endedAt: 0,
  machines: new Map([['m1', { id: 'm1', ip: '10.0.0.1', metadata: {} }]]),
  units: new Map(units.map((one) => [one.unit, one])),
  templates: new Map([['api@.service', 'h1']]),
})

const plan = (units: readonly UnitView[], change: Partial<PlanInput> = {}): Planned =>
  planRollout(planInputOf({ cluster: clusterOf(units), ...change }))

function planned(units: readonly UnitView[], change: Partial<PlanInput> = {}) {
  const result = plan(units, change)
  if (result.kind === 'impossible') throw new Error(result.message)
  const warnings = result.plan.warnings.filter((warning) => !warning.startsWith('a quick restart'))
  return { ...result, plan: { ...result.plan, warnings } }
}

const named = (batches: readonly (readonly { readonly unit: string }[])[]) =>
  batches.map((batch) => batch.map((one) => one.unit))

describe('what a plan leaves out', () => {
  const homeless = unit('api@2.service', { target: null, reports: [] })
  const idle = unit('api@3.service', { wanted: 'loaded', reports: [] })
  const settings = settingsOf({})

  it('is remembered as instances that exist, and changes no hash', () => {
    const { plan: all } = planned([unit('api@1.service'), homeless, idle], { settings })
    expect(all.leftOut).toEqual([
      { unit: 'api@2.service', stopped: false },
      { unit: 'api@3.service', stopped: true },
    ])
    const { plan: alone } = planned([unit('api@1.service')], { settings })
    expect(alone.leftOut).toBeUndefined()
    expect(all.hash).toBe(alone.hash)
  })

  it('is nothing of what counts as a bystander', () => {
    const only = { units: ['api@1.service'], why: 'named' as const }
    const { plan: one } = planned([unit('api@1.service'), unit('api@4.service'), homeless], { settings, only })
    expect(one.others).toEqual(['api@4.service'])
    expect(one.leftOut).toEqual([{ unit: 'api@2.service', stopped: false }])
  })

  it('is remembered by a scale too', () => {
    const { plan: scaled } = planned([unit('api@1.service'), homeless], { settings, kind: 'scale', to: 3 })
    expect(scaled.leftOut).toEqual([{ unit: 'api@2.service', stopped: false }])
  })
})

describe('a plan', () => {
  it.each<readonly [gate: HealthGate, how: string | null]>([
    [{ kind: 'none' }, 'an http health check with `services.api.health.identity` does'],
    [{ kind: 'tcp', port: 80, timeoutMs: 1 }, 'an http health check with `services.api.health.identity` does'],
    [gate, '`services.api.health.identity` names a field that does'],
    [{ ...gate, identity: 'pid' }, null],
  ])('says that a restart would not be seen where nothing names the process: %o', (asked, how) => {
    const why = 'a quick restart of an instance would not be seen: nothing names its process, and'
    const said = (kind: 'deploy' | 'scale', to?: number) =>
      plan([unit('api@1.service')], { kind, to, gate: asked, health: new Map([['api@1.service', healthy]]) })
    for (const one of [said('deploy'), said('scale', 2)]) {
      const warnings = one.kind === 'plan' ? one.plan.warnings : []
      expect(warnings.filter((warning) => warning.startsWith(why))).toEqual(how === null ? [] : [`${why} ${how}`])
    }
  })

  it('takes instances by number, as many at once as the batch says', () => {
    const units = [10, 2, 1, 3].map((n) => unit(`api@${n}.service`))
    const settings = settingsOf({ batch: { kind: 'count', count: 2 } })
    expect(named(planned(units, { settings }).plan.batches)).toEqual([
      ['api@1.service', 'api@2.service'],
      ['api@3.service', 'api@10.service'],
    ])
  })

  it('puts a canary first, and what is down before everything', () => {
    const units = [
      unit('api@1.service'),
      unit('api@2.service'),
      unit('api@3.service', {
        reports: [{ machine: 'm1', ip: null, load: 'loaded', active: 'failed', sub: 'failed', hash: 'h1' }],
      }),
    ]
    const settings = settingsOf({ batch: { kind: 'percent', percent: 100 }, canary: 1 })
    const { plan: made } = planned(units, { settings })
    expect(named(made.batches)).toEqual([['api@3.service'], ['api@1.service', 'api@2.service']])
    expect(made.warnings.join('\n')).toContain('api@3.service does not serve now')
  })

  it('is refused before anything stops when more are wanted than machines have room for', () => {
    const result = planned([unit('api@1.service'), unit('api@2.service', { reports: [], target: null })])
    expect(result.blockers).toMatchObject([{ kind: 'unscheduled', force: true }])
    expect(named(result.plan.batches)).toEqual([['api@1.service']])
    expect(result.plan.others).toEqual([])
  })

  it('leaves alone what nobody wants running, and says so', () => {
    const result = planned([unit('api@1.service'), unit('api@2.service', { wanted: 'loaded' })])
    expect(named(result.plan.batches)).toEqual([['api@1.service']])
    expect(result.plan.warnings.join('\n')).toContain('api@2.service is not wanted running')
  })

  it('warns when the only instance will be away', () => {
    const result = planned([unit('beavis.service')], { unit: 'beavis.service' })
    expect(result.plan.warnings.join('\n')).toContain('the only instance')
  })

  it('is impossible without instances, and for a global unit, and says what to do', () => {
    expect(plan([])).toMatchObject({
      kind: 'impossible',
      message: expect.stringContaining('status api production') as unknown,
    })
    expect(plan([unit('logger.service', { global: true })], { unit: 'logger.service' })).toMatchObject({
      kind: 'impossible',
    })
  })

  it('stops for a person to look when most of it does not serve', () => {
    const sick = new Map([1, 2, 3].map((n) => [`api@${n}.service`, { kind: 'unhealthy', reason: 'HTTP 503' } as const]))
    const result = planned(
      [1, 2, 3].map((n) => unit(`api@${n}.service`)),
      { gate, health: sick },
    )
    expect(result.blockers).toMatchObject([
      { kind: 'unhealthy', force: true, message: expect.stringContaining('HTTP 503') as unknown },
    ])
  })

  it("takes along the sidekicks that fleet has, those that a failed rollout left stopped too, under the instance's number", () => {
    const result = planned(
      [unit('api@1.service'), unit('api-elb@1.service'), unit('api-say@1.service', { wanted: 'loaded' })],
      {
        sidekicks: ['api-elb@.service', 'api-say@.service', 'api-none@.service'],
      },
    )
    expect(result.plan.batches[0]?.[0]?.sidekicks).toEqual(['api-elb@1.service', 'api-say@1.service'])
    expect(result.plan.warnings.join('\n')).toContain('api-say@1.service is stopped now and will be started')
  })

  it('counts the instances that a retry leaves out among those that may not be away', () => {
    const result = planned(
      [1, 2, 3].map((n) => unit(`api@${n}.service`)),
      { only: { units: ['api@2.service'], why: 'left' } },
    )
    expect(named(result.plan.batches)).toEqual([['api@2.service']])
    expect(result.plan.others).toEqual(['api@1.service', 'api@3.service'])
  })

  describe('of instances that a person named', () => {
    const three = [1, 2, 3].map((n) => unit(`api@${n}.service`))
    const only = (...units: string[]) => ({ only: { units, why: 'named' as const } })

    it('holds those and no others, which still count', () => {
      const { plan: made, blockers } = planned(three, only('api@3.service', 'api@1.service'))
      expect(named(made.batches)).toEqual([['api@1.service'], ['api@3.service']])
      expect(made.others).toEqual(['api@2.service'])
      expect([made.warnings, blockers]).toEqual([[], []])
    })

    it('is refused with the names that there are when one does not exist', () => {
      expect(plan(three, only('api@1.service', 'api@9.service'))).toMatchObject({
        kind: 'impossible',
        message: 'api in production has no api@9.service. There are api@1.service, api@2.service, api@3.service.',
      })
    })

    it('is refused when one is not loaded, or has no machine', () => {
      const units = [
        unit('api@1.service', { wanted: 'inactive', reports: [], target: null }),
        unit('api@2.service', { reports: [], target: null }),
        unit('api@3.service'),
      ]
      expect(plan(units, only('api@1.service'))).toMatchObject({
        message: expect.stringContaining('is not loaded on any machine') as unknown,
      })
      expect(plan(units, only('api@2.service'))).toMatchObject({
        message: expect.stringContaining('no machine has room for it') as unknown,
      })
    })

    it('starts one that is stopped, and says so', () => {
      const dead = { machine: 'm1', ip: null, load: 'loaded', active: 'inactive', sub: 'dead', hash: 'h1' }
      const units = [unit('api@1.service'), unit('api@2.service', { wanted: 'loaded', reports: [dead] })]
      const { plan: made } = planned(units, only('api@2.service'))
      expect(made.batches).toMatchObject([[{ unit: 'api@2.service', stopped: true }]])
      expect(made.warnings).toEqual(['api@2.service is stopped now and will be started'])
    })

    it('says beforehand that it would wait while another instance is down', () => {
      const failed = { machine: 'm1', ip: null, load: 'loaded', active: 'failed', sub: 'failed', hash: 'h1' }
      const units = [unit('api@1.service', { reports: [failed] }), unit('api@2.service'), unit('api@3.service')]
      expect(planned(units, only('api@2.service')).blockers).toMatchObject([
        {
          kind: 'already-down',
          force: true,
          message: expect.stringMatching(/^api@1.service does not serve now/) as unknown,
        },
      ])
      // With two at once there is room for it, and the one that is down itself is always welcome.
      const settings = settingsOf({ batch: { kind: 'count', count: 2 } })
      expect(planned(units, { ...only('api@2.service'), settings }).blockers).toEqual([])
      expect(planned(units, only('api@1.service')).blockers).toEqual([])
    })

    it('takes a share of the service, not of the named ones', () => {
      const settings = settingsOf({ batch: { kind: 'percent', percent: 50 } })
      const units = [1, 2, 3, 4, 5, 6].map((n) => unit(`api@${n}.service`))
      expect(planned(units, { ...only('api@2.service'), settings }).plan.atOnce).toBe(3)
    })
  })

  it('has the same hash for the same world, and another for any other', () => {
    const units = [1, 2, 3].map((n) => unit(`api@${n}.service`))
    const { hash } = planned(units).plan
    expect(planned(units).plan.hash).toBe(hash)
    expect(planned(units.slice(1)).plan.hash).not.toBe(hash)
    expect(planned(units, { kind: 'restart' }).plan.hash).not.toBe(hash)
    expect(planned(units, { preparation: migrate }).plan.hash).not.toBe(hash)
    const other = { ...migrate, command: ['migrate', 'down'] }
    expect(planned(units, { preparation: other }).plan.hash).not.toBe(
      planned(units, { preparation: migrate }).plan.hash,
    )
    // What was run already is not run again.
    expect(planned(units, { preparation: { ...migrate, doneBy: 7 } }).plan.hash).toBe(hash)
  })
})

describe('batches', () => {
  it('hold every instance once, and never more than may be away at once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.oneof(
          fc.record({ kind: fc.constant('count' as const), count: fc.integer({ min: 1, max: 300 }) }),
          fc.record({ kind: fc.constant('percent' as const), percent: fc.integer({ min: 1, max: 100 }) }),
        ),
        fc.nat({ max: 210 }),
        (total, batch, canary) => {
          const { atOnce, sizes } = batchSizes(total, { batch, canary })
          expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(total)
          expect(Math.min(...sizes)).toBeGreaterThan(0)
          expect(atOnce).toBeGreaterThan(0)
          expect(Math.max(...(canary > 0 ? sizes.slice(1) : sizes), 0)).toBeLessThanOrEqual(atOnce)
        },
      ),
    )
  })
})

describe('a plan of a scale', () => {
  const three = [1, 2, 3].map((n) => unit(`api@${n}.service`))
  const machines = (n: number) =>
    new Map(Array.from({ length: n }, (_, i) => [`m${i}`, { id: `m${i}`, ip: `10.0.0.${i}`, metadata: {} }]))
  const scale = (to: number, units: readonly UnitView[] = three, change: Partial<PlanInput> = {}) =>
    plan(units, { kind: 'scale', to, cluster: { ...clusterOf(units), machines: machines(5) }, ...change })
  const tasks = (of: Planned) =>
    of.kind === 'plan' ? of.plan.batches.flat().map((one) => `${one.task} ${one.unit}`) : of.message

  it('adds the lowest free numbers and removes the highest, one at a time', () => {
    expect(tasks(scale(5))).toEqual(['add api@4.service', 'add api@5.service'])
    expect(
      tasks(
        scale(
          3,
          [1, 3].map((n) => unit(`api@${n}.service`)),
        ),
      ),
    ).toEqual(['add api@2.service'])
    expect(tasks(scale(1))).toEqual(['remove api@3.service', 'remove api@2.service'])
    const ten = [1, 2, 10].map((n) => unit(`api@${n}.service`))
    expect(tasks(scale(2, ten))).toEqual(['remove api@10.service'])
    expect(scale(5)).toMatchObject({
      plan: { scale: { from: 3, to: 5 }, others: ['api@1.service', 'api@2.service', 'api@3.service'], atOnce: 1 },
      blockers: [],
    })
    expect(scale(5)).toMatchObject({ plan: { batches: [[{}], [{}]] } })
  })

  it('gives a new one its sidekicks, and takes those of a removed one with it, stopped or not', () => {
    const input = { sidekicks: ['api-elb@.service'] }
    const units = [...three, unit('api-elb@3.service', { wanted: 'inactive' })]
    const templates = new Map([
      ['api@.service', 'h1'],
      ['api-elb@.service', 'h2'],
    ])
    const cluster = { ...clusterOf(units), machines: machines(5), templates }
    expect(scale(4, units, { ...input, cluster })).toMatchObject({
      plan: { batches: [[{ sidekicks: ['api-elb@4.service'] }]] },
    })
    expect(scale(2, units, { ...input, cluster })).toMatchObject({
      plan: { batches: [[{ unit: 'api@3.service', sidekicks: ['api-elb@3.service'] }]] },
    })
  })

  it('starts a stopped one where it counts, and leaves it out where it does not', () => {
    const units = [unit('api@1.service'), unit('api@2.service', { wanted: 'loaded' }), unit('api@3.service')]
    expect(tasks(scale(3, units))).toEqual(['replace api@2.service'])
    expect(scale(2, units)).toMatchObject({
      plan: { warnings: ['api@2.service is not wanted running and will be left so'] },
    })
  })

  it('takes up again what an earlier one left behind, and not what serves', () => {
    const failed = unit('api@4.service', {
      reports: [{ machine: 'm1', ip: null, load: 'loaded', active: 'failed', sub: 'failed', hash: 'h1' }],
    })
    const only = { units: ['api@3.service', 'api@4.service', 'api@5.service'], why: 'left' } as const
    expect(tasks(scale(5, [...three, failed], { only }))).toEqual(['replace api@4.service', 'add api@5.service'])
  })

  it.each([
    ['as many as there are', () => scale(3), 'the instances are already there: 3 of 3'],
    [
      'a plain unit',
      () => scale(2, [unit('beavis.service')], { unit: 'beavis.service' }),
      'is one plain unit, of which there is exactly one',
    ],
    ['a global unit', () => scale(2, [unit('api@1.service', { global: true })]), 'is a global unit'],
    ['names instead of numbers', () => scale(2, [unit('api@blue.service')]), 'api@blue.service has no number'],
    [
      'no template to make it from',
      () => scale(4, three, { cluster: { ...clusterOf(three), machines: machines(5), templates: new Map() } }),
      '`fleetctl submit api@.service`',
    ],
    [
      'no template of a sidekick',
      () => scale(4, three, { sidekicks: ['api-elb@.service'] }),
      '`fleetctl submit api-elb@.service`',
    ],
  ])('is impossible with %s, and says what to do', (_, made, message) => {
    expect(made()).toMatchObject({ kind: 'impossible', message: expect.stringContaining(message) as unknown })
  })

  it('waits for lists in which a unit is just vanishing, lest it be taken for new', () => {
    const absent = unit('api@3.service', { wanted: 'absent', reports: [], wantedFor: 1 })
    expect(scale(3, [...three.slice(0, 2), absent])).toMatchObject({ kind: 'impossible', transient: true })
    expect(tasks(scale(3, [...three.slice(0, 2), { ...absent, wantedFor: 9 }]))).toEqual(['add api@3.service'])
  })

  it('stands in the way of more than there are machines, and force passes that', () => {
    const apart = three.map((one, index) => ({ ...one, target: `m${index}` }))
    const cluster = { ...clusterOf(apart), machines: machines(3) }
    expect(scale(4, apart, { cluster })).toMatchObject({
      blockers: [
        {
          kind: 'unscheduled',
          force: true,
          message: expect.stringContaining('`scale api production 3` fits') as unknown,
        },
      ],
    })
    expect(scale(2, [...apart, unit('api@4.service')], { cluster })).toMatchObject({ blockers: [] })
  })

  it('takes as many as are asked for where two share a machine already', () => {
    const cluster = { ...clusterOf(three), machines: machines(3) }
    expect(scale(4, three, { cluster })).toMatchObject({ kind: 'plan', blockers: [] })
  })

  it('warns of the last one, and does not take one away while another is down', () => {
    expect(scale(1)).toMatchObject({ plan: { warnings: [expect.stringContaining('one instance is left') as unknown] } })
    const down = unit('api@1.service', {
      reports: [{ machine: 'm1', ip: null, load: 'loaded', active: 'failed', sub: 'failed', hash: 'h1' }],
    })
    expect(scale(2, [down, ...three.slice(1)])).toMatchObject({ blockers: [{ kind: 'already-down', force: true }] })
    expect(scale(4, [down, ...three.slice(1)])).toMatchObject({
      blockers: [],
      plan: {
        warnings: [
          'api@1.service does not serve now and will be left so: a restart may bring it back',
          expect.stringContaining('a quick restart of an instance would not be seen') as unknown,
        ],
      },
    })
  })

  it('has a hash that says what becomes of which instance', () => {
    const hashes = [scale(5), scale(4), scale(2), plan(three)].map((one) => (one.kind === 'plan' ? one.plan.hash : ''))
    expect(new Set(hashes).size).toBe(4)
  })
})

describe('a plan where unit files have changed', () => {
  const templates = new Map([
    ['api@.service', 'new'],
    ['api-elb@.service', 'h1'],
  ])
  const row = { machine: 'm1', ip: '10.0.0.1', load: 'loaded', active: 'active', sub: 'running' }
  const old = [1, 2].map((n) => unit(`api@${n}.service`))
  const fresh = unit('api@3.service', { hash: 'new', reports: [{ ...row, hash: 'new' }] })
  const elbs = [1, 2, 3].map((n) => unit(`api-elb@${n}.service`))
  const made = (change: Partial<PlanInput> = {}) => {
    const units = [...old, fresh, ...elbs]
    const cluster = { ...clusterOf(units), templates }
    return planned(units, { cluster, sidekicks: ['api-elb@.service'], ...change }).plan
  }
  const renews = (plan: ReturnType<typeof made>) => plan.batches.flat().map(({ task, renews }) => [task, renews])

  it('says how many run the old one, and what rolls the new one out', () => {
    const plan = made()
    expect(plan.warnings).toEqual([
      'api@.service has changed, and 2 of 3 still run what it was (api@1.service, api@2.service): a restart alone runs that again, `--units` rolls the new one out',
    ])
    expect(renews(plan)).toEqual([1, 2, 3].map(() => ['replace', []]))
  })

  it('makes anew with --units what runs another content, and nothing else, under a hash of its own', () => {
    const plan = made({ units: true })
    expect(renews(plan)).toEqual([
      ['renew', [{ unit: 'api@1.service', hash: 'new' }]],
      ['renew', [{ unit: 'api@2.service', hash: 'new' }]],
      ['replace', []],
    ])
    expect(plan.warnings).toEqual([
      'api@.service has changed: api@1.service, api@2.service are destroyed and made anew from it',
    ])
    const other = {
      ...clusterOf([...old, fresh, ...elbs]),
      templates: new Map([...templates, ['api@.service', 'newer']]),
    }
    const hashes = [made(), plan, made({ units: true, cluster: other })].map(({ hash }) => hash)
    expect(new Set(hashes).size).toBe(3)
  })

  it('sees a sidekick too, and a machine that runs another content than the registry has', () => {
    const cluster = {
      ...clusterOf([fresh, ...elbs]),
      templates: new Map([...templates, ['api-elb@.service', 'h2']]),
    }
    const change = { cluster, sidekicks: ['api-elb@.service'] }
    expect(planned([], change).plan.warnings.join()).toContain(
      'api-elb@.service has changed, and 1 of 1 still run what it was (api-elb@3.service)',
    )
    expect(planned([], { ...change, units: true }).plan.batches).toMatchObject([
      [{ task: 'renew', renews: [{ unit: 'api-elb@3.service', hash: 'h2' }] }],
    ])
    const late = unit('api@1.service', { hash: 'new', reports: [{ ...row, hash: 'h1' }] })
    const seen = { ...clusterOf([late]), templates }
    expect(planned([], { cluster: seen }).plan.warnings.join()).toContain(
      '1 of 1 still run what it was (api@1.service)',
    )
  })

  it('takes up again what was destroyed and not made anew, in a retry', () => {
    const only = { units: ['api@1.service', 'api@2.service'], why: 'left' } as const
    const cluster = { ...clusterOf(old.slice(1)), templates }
    const plan = planned([], { cluster, units: true, only }).plan
    expect(plan.batches.flat().map(({ task, unit: name }) => `${task} ${name}`)).toEqual([
      'add api@1.service',
      'renew api@2.service',
    ])
    expect(planned([], { cluster, only }).plan.batches.flat()).toHaveLength(1)
  })

  it('says that there is nothing of the kind to roll out, where --units was asked for', () => {
    expect(planned([unit('api@1.service')], { units: true }).plan.warnings.at(-1)).toBe(
      'no unit file has changed: all run what fleet has',
    )
    const plain = planned([unit('beavis.service')], { unit: 'beavis.service', units: true }).plan
    expect(plain.warnings.at(-1)).toContain('beavis.service is a plain unit: fleet keeps one file of it')
    const none = { ...clusterOf([unit('api@1.service')]), templates: new Map<string, string>() }
    expect(planned([], { cluster: none, units: true }).plan.warnings.at(-1)).toContain(
      'fleet has no api@.service to compare',
    )
  })
})

describe('the preparation of a plan', () => {
  const config = configSchema.parse({
    slack: { historyChannel: 'C012ABCDEF' },
    etcd: { endpoints: ['http://127.0.0.1:1'] },
    groups: {},
    tiers: {},
    services: {
      api: { team: 'backend', unit: 'api@.service', preparation: { command: ['migrate', 'up'] } },
      vape: { team: 'backend', unit: 'vape@.service' },
    },
  })

  it('is that of its service, for what brings a release there and for nothing else', () => {
    for (const kind of ['deploy', 'promote'] as const) {
      expect(preparationFor(config, 'api', { kind })).toEqual(migrate)
      expect(preparationFor(config, 'api', { kind, preparedBy: 7 })).toEqual({ ...migrate, doneBy: 7 })
      const preparedWith = migrate.command
      expect(preparationFor(config, 'api', { kind, preparedBy: 7, preparedWith })).toEqual({ ...migrate, doneBy: 7 })
      // Another command was configured since: that one was never done.
      expect(preparationFor(config, 'api', { kind, preparedBy: 7, preparedWith: ['other'] })).toEqual(migrate)
      expect(preparationFor(config, 'vape', { kind })).toBe(null)
    }
    for (const kind of ['restart', 'scale', 'rollback'] as const)
      expect(preparationFor(config, 'api', { kind })).toBe(null)
  })
})

describe('an instance that a template made, and that no machine matches', () => {
  const misfit = 'no machine matches it (MachineMetadata=disk=ssd)'
  const lost = unit('api@1.service', { hash: 'bad', target: null, believed: null, reports: [], misfit })
  const units = [lost, unit('api@2.service'), unit('api@3.service')]
  const made = (neverRan: boolean) => ({ id: 19, units: [meantUnit('api@1.service', 19, { how: 'failed', neverRan })] })
  const withUnits = (change: Partial<PlanInput> = {}, some: readonly UnitView[] = units) =>
    planned(some, { units: true, left: made(true), ...change })

  it('is made again by --units, first, from the template that replaced that one', () => {
    const { plan: again, blockers } = withUnits()
    expect(blockers).toEqual([])
    expect(again.batches.flat()[0]).toMatchObject({
      unit: 'api@1.service',
      task: 'renew',
      renews: [{ unit: 'api@1.service', hash: 'h1' }],
      machine: null,
      state: misfit,
    })
    expect(again.leftOut).toBeUndefined()
  })

  it('is made again by a retry of the rollout that made it', () => {
    const { plan: again, blockers } = withUnits({ only: { units: ['api@1.service'], why: 'left' } })
    expect(blockers).toEqual([])
    expect(named(again.batches)).toEqual([['api@1.service']])
    expect(again.others).toEqual(['api@2.service', 'api@3.service'])
    const byName = withUnits({ kind: 'restart', only: { units: ['api@1.service'], why: 'named' } })
    expect(byName.plan.batches.flat()).toMatchObject([{ unit: 'api@1.service', task: 'renew' }])
  })

  it('is made again also when that is the only instance, or when there are several', () => {
    expect(withUnits({}, [lost]).blockers).toEqual([])
    const two = [lost, { ...lost, unit: 'api@2.service' }, unit('api@3.service')]
    const left = { id: 19, units: two.map((one) => meantUnit(one.unit, 19, { neverRan: true })) }
    const { plan: again, blockers } = withUnits({ left }, two)
    expect(blockers).toEqual([])
    expect(again.batches.flat().filter((one) => one.task === 'renew')).toHaveLength(2)
  })

  it.each<readonly [string, Partial<PlanInput>, readonly UnitView[]]>([
    ['ran once, and may run on a machine that is cut off', { left: made(false) }, units],
    ['was not made by a rollout that is known', { left: null }, units],
    ['has the file that its template still has', {}, [{ ...lost, hash: 'h1' }, ...units.slice(1)]],
    ['is rolled without --units', { units: undefined }, units],
  ])('is not destroyed where it %s', (_, change, some) => {
    const { plan: kept, blockers } = withUnits(change, some)
    expect(kept.batches.flat().map((one) => one.unit)).not.toContain('api@1.service')
    expect(kept.leftOut).toEqual([{ unit: 'api@1.service', stopped: false }])
    expect(blockers).toMatchObject([{ kind: 'unscheduled', force: true }])
    expect(blockers[0]?.message).toContain(`api@1.service is wanted, but ${misfit}; \`--force\` rolls the others`)
  })

  it('is named with the command that repairs it, where that was not typed', () => {
    const { blockers } = withUnits({ units: undefined, kind: 'restart' })
    expect(blockers[0]?.message).toContain('`deploy api production --units` makes it again from the template')
    const only = { units: ['api@1.service'], why: 'named' as const }
    const restart = plan(units, { kind: 'restart', only })
    expect(restart).toMatchObject({ kind: 'impossible', message: expect.stringContaining(misfit) as unknown })
    const scaled = planned(units, { kind: 'scale', to: 4 })
    expect(scaled.blockers[0]?.message).toContain(misfit)
  })

  it('keeps its old words where other units take its room', () => {
    const { misfit: _, ...crowded } = lost
    const { blockers } = planned([{ ...crowded, hash: 'h1' }, ...units.slice(1)])
    expect(blockers[0]?.message).toContain('api@1.service is wanted, but no machine has room; `--force`')
  })
})

describe('a template that no machine matches', () => {
  const why = 'no machine matches it (MachineMetadata=disk=ssd)'
  const cluster = (some: readonly UnitView[]) => ({ ...clusterOf(some), misfits: new Map([['api@.service', why]]) })
  const stale = [1, 2].map((n) => unit(`api@${n}.service`, { hash: 'old' }))

  it('is not rolled out: nothing is destroyed that could run nowhere afterwards; force passes that', () => {
    const { blockers } = planned(stale, { units: true, cluster: cluster(stale) })
    expect(blockers).toMatchObject([{ kind: 'unscheduled', force: true }])
    expect(blockers[0]?.message).toContain(`what is made from api@.service would run nowhere: ${why}`)
    expect(planned(stale, { cluster: cluster(stale) }).blockers).toEqual([])
  })

  it('is not scaled up either', () => {
    const { blockers } = planned(stale, { kind: 'scale', to: 3, cluster: cluster(stale) })
    expect(blockers.map(({ message }) => message).join('\n')).toContain('would run nowhere')
  })
})
