import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inFlight, isOver, stages } from '../../src/domain/rollout.ts'
import { decide } from '../../src/rollout/decide.ts'
import type { Decision, UnitCall } from '../../src/rollout/draft.ts'
import { defaultPatience } from '../../src/rollout/observation.ts'
import type { UnitView } from '../../src/ports/scheduler.ts'
import { planOf, rolloutOf } from '../support/rollouts.ts'
import { gate, migrate, prepared, World } from './world.ts'

/** What may happen at one look; most looks nothing. */
const happening = fc.record({
  kind: fc.constantFrom(
    'nothing',
    'nothing',
    'nothing',
    'crash-before',
    'crash-after',
    'unit-dies',
    'row-hidden',
    'silence',
    'ignores',
    'heeds',
    'sick',
    'well',
    'stopped-by-other',
  ),
  unit: fc.nat({ max: 5 }),
})
const script = fc.record({
  size: fc.integer({ min: 1, max: 6 }),
  atOnce: fc.integer({ min: 1, max: 3 }),
  sidekicks: fc.boolean(),
  gated: fc.boolean(),
  /** How long its preparation takes, and whether that goes well; null for none. */
  prepares: fc.option(fc.record({ ms: fc.nat({ max: 8000 }), well: fc.boolean() }), { nil: null }),
  happenings: fc.array(happening, { maxLength: 60 }),
  pauses: fc.array(
    fc.record({
      kind: fc.constantFrom('pause', 'stop'),
      at: fc.nat({ max: 80 }),
      turns: fc.integer({ min: 1, max: 900 }),
    }),
    { maxLength: 2 },
  ),
  abortAt: fc.option(fc.nat({ max: 80 }), { nil: null }),
  falls: fc.array(fc.nat({ max: 3 }), { maxLength: 6 }),
})
type Script = typeof script extends fc.Arbitrary<infer T> ? T : never

function worldOf(given: Script): World {
  const units = Array.from({ length: given.size }, (_, index) => `api@${index + 1}.service`)
  const world = new World(
    planOf({
      units,
      atOnce: Math.min(given.atOnce, given.size),
      sidekicks: given.sidekicks ? ['api-elb@.service'] : [],
      ...(given.gated ? { gate } : {}),
      ...(given.prepares === null ? {} : { preparation: migrate }),
    }),
  )
  if (given.prepares !== null) {
    const { ms, well } = given.prepares
    const bad = {
      kind: 'failed' as const,
      fault: { kind: 'exit' as const, code: 1 },
      tookMs: 1,
      output: { lines: [], cut: false },
    }
    world.preparation = { ms, end: well ? world.preparation.end : bad }
  }
  given.falls.forEach((falls, index) => {
    const unit = units[index]
    if (unit !== undefined) world.unit(unit).falls = falls
  })
  return world
}

/** Plays the script, looks at every call before it is made, and lets the world be well afterwards. */
function play(
  given: Script,
  look: (world: World, decision: Decision, before: ReadonlyMap<string, string>) => void,
): World {
  const world = worldOf(given)
  const mains = world.rollout.instances.map((one) => one.unit)
  for (let turn = 0; turn < 3000 && !isOver(world.rollout); turn++) {
    const now = given.happenings[turn]
    const name = mains[(now?.unit ?? 0) % mains.length] ?? ''
    const unit = world.unit(name)
    if (given.abortAt === turn) world.abort = { by: { id: 'U2', name: 'bob' }, reason: null }
    const pause = given.pauses.find((one) => turn >= one.at && turn < one.at + one.turns)
    world.pause =
      pause === undefined ? null : { kind: pause.kind, by: { id: 'U3', name: 'eve' }, reason: null, at: pause.at }
    if (now?.kind === 'unit-dies' && unit.state === 'running') unit.state = 'failed'
    if (now?.kind === 'row-hidden') unit.hidden = 5
    if (now?.kind === 'silence') world.silentUntil = world.now + 4000
    if (now?.kind === 'ignores') unit.ignoresCalls = true
    if (now?.kind === 'heeds' || turn > given.happenings.length) unit.ignoresCalls = false
    if (now?.kind === 'sick') unit.healthy = false
    if (now?.kind === 'well') unit.healthy = true
    if (now?.kind === 'stopped-by-other') unit.wanted = 'loaded'
    if (turn > given.happenings.length)
      for (const main of mains) Object.assign(world.unit(main), { healthy: true, ignoresCalls: false })
    const crash =
      now?.kind === 'crash-before' ? 'before-calls' : now?.kind === 'crash-after' ? 'after-calls' : undefined
    const before = new Map([...world.units].map(([key, one]) => [key, one.state]))
    const decision = world.turn(crash === undefined ? {} : { crash })
    look(world, decision, before)
  }
  return world
}

const unitCalls = ({ calls }: Decision): readonly UnitCall[] => calls.filter((call) => call.verb !== 'want')

describe('decide, whatever happens', () => {
  it('ends every rollout, once, and says so as the last thing', () => {
    fc.assert(
      fc.property(script, (given) => {
        const world = play(given, () => undefined)
        expect(isOver(world.rollout)).toBe(true)
        const kinds = world.facts.map((fact) => fact.kind)
        expect(kinds.filter((kind) => kind === 'ended')).toHaveLength(1)
        expect(kinds.at(-1)).toBe('ended')
        expect(world.rollout.instances.filter(inFlight)).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  it('never takes one away that leaves more away than the plan allows, those that were down already counted', () => {
    fc.assert(
      fc.property(script, (given) => {
        play(given, (world, decision, before) => {
          const { plan, instances } = decision.rollout
          const mains = instances.map((one) => one.unit)
          for (const call of unitCalls(decision)) {
            if (call.verb !== 'stop' || !mains.includes(call.unit) || before.get(call.unit) !== 'running') continue
            // One that fails its gate is away already: rolling it takes nothing away.
            if (given.gated && !world.unit(call.unit).healthy) continue
            const down = mains.filter((unit) => unit !== call.unit && before.get(unit) !== 'running')
            const own = decision.calls.filter(
              (one) => one.verb === 'stop' && mains.includes(one.unit) && !down.includes(one.unit),
            )
            const repeated = (instances.find((one) => one.unit === call.unit)?.calls ?? 0) > 1
            if (!repeated) expect(down.length + own.length).toBeLessThanOrEqual(plan.atOnce)
          }
          expect(instances.filter(inFlight).length).toBeLessThanOrEqual(plan.atOnce)
        })
      }),
      { numRuns: 200 },
    )
  })

  it('records what it is about to do before it does it', () => {
    fc.assert(
      fc.property(script, (given) => {
        play(given, (_, decision) => {
          for (const call of unitCalls(decision)) {
            const own = decision.rollout.instances.find((one) => one.unit === call.unit)
            const host = decision.rollout.instances.find((one) => one.sidekicks.includes(call.unit))
            const wanted = call.verb === 'stop' ? (own ? 'stopping' : 'detaching') : own ? 'starting' : 'attaching'
            expect((own ?? host)?.stage).toBe(wanted)
          }
        })
      }),
      { numRuns: 150 },
    )
  })

  it('runs its preparation at most once, before everything else, and does nothing unless it went well', () => {
    fc.assert(
      fc.property(script, (given) => {
        const world = play(given, (_, decision) => {
          const { stage } = decision.rollout.preparation ?? { stage: 'done' }
          if (stage !== 'done') expect(decision.calls).toEqual([])
        })
        const began = world.facts.filter((fact) => fact.kind === 'preparation-began').length
        const ended = world.facts.filter((fact) =>
          ['preparation-done', 'preparation-failed'].includes(fact.kind),
        ).length
        const ran = world.log.filter(({ what }) => what === 'prepare').length
        expect(began).toBeLessThanOrEqual(given.prepares === null ? 0 : 1)
        expect(ran).toBeLessThanOrEqual(began)
        expect(ended).toBe(began)
        if (world.rollout.phase === 'succeeded' && given.prepares !== null) expect([began, ran]).toEqual([1, 1])
        if (given.prepares?.well === false) expect(world.rollout.phase).not.toBe('succeeded')
      }),
      { numRuns: 200 },
    )
  })

  it('begins nothing while it is to be paused, brings to its end what is under way, and then rests', () => {
    fc.assert(
      fc.property(script, (given) => {
        play(given, (state, decision) => {
          if (decision.rollout.phase === 'paused') expect(decision.rollout.instances.filter(inFlight)).toEqual([])
          if (state.pause === null || decision.rollout.ending !== null) return
          expect(decision.facts.map((fact) => fact.kind)).not.toContain('batch-began')
          for (const call of unitCalls(decision)) {
            const own = decision.rollout.instances.find((one) => [one.unit, ...one.sidekicks].includes(call.unit))
            // Its first calls are those with which it begins.
            expect(own?.startedAt).not.toBe(state.now - 500)
          }
        })
      }),
      { numRuns: 150 },
    )
  })

  it('tells each pause and each end of one, in turn', () => {
    fc.assert(
      fc.property(script, (given) => {
        const told = play(given, () => undefined).facts.map((fact) => fact.kind)
        let paused = false
        for (const kind of told) {
          if (kind === 'resumed') {
            expect(paused).toBe(true)
            paused = false
          } else if (kind === 'pause-asked') paused = true
          else if (kind === 'paused') expect(paused).toBe(true)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('begins nothing after an abort, and leaves running what it can', () => {
    fc.assert(
      fc.property(script, fc.nat({ max: 60 }), (given, abortAt) => {
        let waiting: ReadonlySet<string> | null = null
        const world = play({ ...given, abortAt }, (state, decision) => {
          if (state.abort !== null && waiting === null && decision.rollout.ending?.kind === 'aborted') {
            waiting = new Set(
              decision.rollout.instances.filter((one) => one.stage === 'waiting').map((one) => one.unit),
            )
          }
          if (waiting !== null) for (const call of unitCalls(decision)) expect(waiting.has(call.unit)).toBe(false)
        })
        expect(world.rollout.phase).not.toBe('rolling')
        if (world.rollout.phase !== 'aborted') return
        const mains = world.rollout.instances.map((one) => one.unit)
        const byOthers = new Set(
          given.happenings.map((one) => (one.kind === 'stopped-by-other' ? mains[one.unit % mains.length] : '')),
        )
        for (const one of world.rollout.instances) {
          if (byOthers.has(one.unit)) continue
          if (one.stage === 'done' || one.stage === 'kept') expect(world.unit(one.unit).wanted).toBe('launched')
        }
      }),
      { numRuns: 150 },
    )
  })

  it('leaves nothing half-way when an abort kills a call, whenever fleet hears that', () => {
    fc.assert(
      fc.property(
        fc.record({
          size: fc.integer({ min: 1, max: 4 }),
          atOnce: fc.integer({ min: 1, max: 3 }),
          sidekicks: fc.boolean(),
        }),
        fc.nat({ max: 40 }),
        fc.nat({ max: 2500 }),
        fc.integer({ min: 0, max: 2 }),
        (given, after, lateMs, falls) => {
          const world = worldOf({
            ...given,
            gated: false,
            happenings: [],
            pauses: [],
            abortAt: null,
            falls: [],
            prepares: null,
          })
          for (let turn = 0; turn < after && !isOver(world.rollout); turn++) world.turn()
          if (falls > 0) world.unit('api@1.service').falls = falls - 1
          // The next call that is made is the one that is killed.
          let calls = 0
          while (calls === 0 && !isOver(world.rollout)) calls = world.turn({ killed: lateMs }).calls.length
          world.abort = { by: { id: 'U2', name: 'bob' }, reason: null }
          world.run()
          world.pass(10_000)
          world.pass(10_000)
          for (const one of world.rollout.instances) {
            if (one.stage === 'failed') continue
            for (const unit of [one.unit, ...one.sidekicks]) expect(world.unit(unit).state).toBe('running')
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('calls a rollout a success only when every process is a new one and runs', () => {
    fc.assert(
      fc.property(script, (given) => {
        const world = play(given, () => undefined)
        if (world.rollout.phase !== 'succeeded') return
        for (const one of world.rollout.instances) {
          expect(world.unit(one.unit).state).toBe('running')
          expect(one.replaced).toBe(true)
          expect(world.unit(one.unit).process).toBeGreaterThan(1)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('is total: any record, any view and any moment have an answer, and the same ones the same', () => {
    const report = fc.record({
      machine: fc.constantFrom('m1', 'm2'),
      ip: fc.option(fc.constant('127.0.0.1'), { nil: null }),
      load: fc.constant('loaded'),
      active: fc.constantFrom('active', 'inactive', 'failed', 'activating', 'deactivating', ''),
      sub: fc.constantFrom('running', 'dead', 'failed', 'start-pre', 'auto-restart', 'exited', ''),
      hash: fc.constant('h'),
    })
    const view = fc.record({
      wanted: fc.constantFrom('launched', 'loaded', 'inactive', 'absent'),
      believed: fc.constantFrom('launched', 'loaded', 'inactive', null),
      target: fc.constantFrom('m1', null),
      reports: fc.array(report, { maxLength: 3 }),
      sameFor: fc.record({ views: fc.integer({ min: 1, max: 5 }), since: fc.nat({ max: 100_000 }) }),
      flaps: fc.nat({ max: 4 }),
      wantedFor: fc.integer({ min: 1, max: 9 }),
    })
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ stage: fc.constantFrom(...stages), attempt: fc.nat({ max: 3 }), replaced: fc.boolean() }),
          { minLength: 1, maxLength: 4 },
        ),
        fc.array(fc.option(view, { nil: null }), { maxLength: 4 }),
        fc.record({
          spentMs: fc.nat({ max: 500_000 }),
          silent: fc.boolean(),
          abort: fc.boolean(),
          pause: fc.boolean(),
          batch: fc.nat({ max: 5 }),
          preparation: fc.constantFrom(null, 'waiting', 'running', 'done', 'failed'),
          ran: fc.constantFrom(null, { kind: 'running' as const }, prepared),
        }),
        (states, views, rest) => {
          const units = states.map((_, index) => `api@${index + 1}.service`)
          const { preparation: stage } = rest
          const fresh = rolloutOf(planOf({ units, gate, preparation: stage === null ? null : migrate }))
          const rollout = {
            ...fresh,
            batch: rest.batch,
            preparation: stage === null ? null : { stage, driver: 'a:1', since: 5 },
            instances: fresh.instances.map((one, index) => ({ ...one, ...states[index] })),
          }
          const seen = new Map<string, UnitView>()
          views.forEach((one, index) => {
            const unit = units[index]
            if (one !== null && unit !== undefined) seen.set(unit, { ...one, unit, hash: 'h', global: false })
          })
          const again = (): Decision =>
            decide(
              rollout,
              {
                cluster: rest.silent
                  ? { kind: 'unknown', startedAt: 0, endedAt: 0, reason: 'silent' }
                  : { kind: 'known', startedAt: 0, endedAt: 0, machines: new Map(), units: seen, templates: new Map() },
                health: new Map(),
                pause: rest.pause ? { kind: 'pause', by: { id: 'U3', name: null }, reason: null, at: 1 } : null,
                resumed: null,
                take: rest.pause ? { by: { id: 'U4', name: null }, reason: null } : null,
                abort: rest.abort ? { by: { id: 'U2', name: null }, reason: null } : null,
                holds: [],
                wanted: null,
                preparation: rest.ran,
                announced: new Map(),
                go: null,
                askedAt: () => 0,
                refusals: new Map(),
              },
              { wall: 100_000, monotonic: 100_000, spentMs: rest.spentMs },
              defaultPatience,
            )
          const decision = again()
          expect(decision.reason).not.toBe('')
          expect(again()).toEqual(decision)
          if (decision.calls.length > 0) expect(decision.rollout).not.toBe(rollout)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
