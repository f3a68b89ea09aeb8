import type { Fact } from '../../../src/domain/event.ts'
import {
  hasFailed,
  holdsItsTarget,
  inFlight,
  isOver,
  isWaiting,
  ownerOf,
  type InstanceState,
  type Rollout,
} from '../../../src/domain/rollout.ts'
import { keys, numberIn } from '../../../src/store/keys.ts'
import {
  eventRecord,
  historyRecord,
  lockRecord,
  ownerRecord,
  placeRecord,
  rolloutRecord,
  stopRecord,
  wishesRecord,
} from '../../../src/store/records.ts'
import type { KeyChange, ModelEtcd } from './etcd.ts'
import type { ModelFleet, ModelUnit, Verb } from './fleet.ts'
import { FleetWitness } from './fleet-witness.ts'
import type { ModelCall } from './fleetctl.ts'
import type { ModelRegistry } from './registry.ts'
import { ProofWitness } from './proof-witness.ts'
import { PreparationWitness } from './preparation-witness.ts'
import { ReleaseWitness } from './release-witness.ts'

/** What is looked at, as it is. */
interface Scene {
  readonly etcd: ModelEtcd
  readonly fleet: ModelFleet
  readonly registry: ModelRegistry
  /** Of a unit whose process runs. */
  readonly isWell: (unit: ModelUnit) => boolean
}

/**
 * Holds what is so against the invariants of section 5 of the design, at every write and at every call. It believes etcd and
 * the fleet alone, as they are, and nothing that a process thinks of them.
 */
export class Witness {
  /** What was found wrong, each with the number of its invariant. */
  readonly wrong: string[] = []
  readonly facts = new Map<number, Fact[]>()
  readonly #etcd: ModelEtcd
  readonly #fleet: ModelFleet
  readonly #now: () => number
  /** Told to stop by a rollout, and not up again since. */
  readonly #away = new Set<string>()
  /** Calls that fleet may still hear, and since when: one of a process that is dead ends by its time limit. */
  readonly #underWay = new Map<ModelCall, number>()
  readonly #made = new Map<string, number>()
  /** Rollouts in the order in which they began: one that asks for confirmation begins after later ones. */
  readonly #begun: number[] = []
  /** The last rollout that failed while this one waited. */
  readonly #failedBefore = new Map<number, number>()
  /** They ended in the queue. */
  readonly #neverBegan = new Set<number>()
  /** How many processes each unit had had when its rollout began it. */
  readonly #lifeBefore = new Map<string, number>()
  /** When each unit that was sick was well again: until it has been so for a while it counts as sick. */
  readonly #wellAt = new Map<string, number>()

  readonly releases: ReleaseWitness
  readonly preparations: PreparationWitness
  readonly #shapes: FleetWitness
  readonly #proofs: ProofWitness
  /** Told of each instance that passed its gate, once that is recorded. */
  onProven: (unit: string) => void = () => undefined
  readonly #isWell: (unit: ModelUnit) => boolean

  constructor(scene: Scene, now: () => number) {
    const { etcd, fleet, registry } = scene
    this.#etcd = etcd
    this.#fleet = fleet
    this.#now = now
    this.#isWell = (unit) => scene.isWell(unit)
    const drivenBy = (process: string): Rollout | null => this.#drivenBy(process)
    this.releases = new ReleaseWitness({ etcd, fleet, registry, now, drivenBy, say: (...said) => this.#say(...said) })
    this.preparations = new PreparationWitness((...said) => this.#say(...said))
    this.#shapes = new FleetWitness(fleet, (...said) => this.#say(...said))
    this.#proofs = new ProofWitness(fleet, now, (...said) => this.#say(...said))
    fleet.onLife = (unit) => {
      this.releases.lived(unit)
      if (unit.state === 'running' && unit.wanted === 'launched') this.#away.delete(unit.name)
    }
    etcd.onWrite = (changes, by) => this.#written(changes, by)
  }

  rollouts(): readonly Rollout[] {
    return this.#etcd.range(keys.rollouts).entries.map((entry) => rolloutRecord.read(entry))
  }

  well(unit: ModelUnit): void {
    if (!unit.healthy) this.#wellAt.set(unit.name, this.#now())
  }

  /** This process moves the tag. */
  pushes(by: string): void {
    this.releases.pushes(by)
    const rollout = this.#drivenBy(by)
    if (rollout !== null) this.preparations.changes(rollout, `the tag is moved by ${by}`)
  }

  /** Who drives, by etcd. */
  driverOf(id: number): string | null {
    const entry = this.#etcd.get(keys.owner(id))
    return entry === null ? null : ownerRecord.read(entry).driver
  }

  readonly calls = {
    began: (call: ModelCall): void => {
      const said = `${call.verb} ${call.unit} by ${call.by.name}`
      const rollout = this.#drivenBy(call.by.name)
      if (rollout === null) {
        this.#say(1, `${said}, who drives nothing now`)
        return
      }
      const left = this.#etcd.remainingMs(keys.owner(rollout.id))
      if (left < 3000) this.#say(1, `${said}, whose lease ends in ${Math.round(left)} ms, before the call may`)
      const instance = rollout.instances.find((one) => [one.unit, ...one.sidekicks].includes(call.unit))
      if (instance === undefined) {
        this.#say(4, `${said}, which is no part of rollout ${rollout.id}`)
        return
      }
      const made = this.#count(rollout, instance)
      if (made === 1) this.#withinBatch(instance.unit, call, rollout, said)
      this.#underWay.set(call, this.#now())
      if (call.verb === 'stop') this.releases.stops(call.unit, rollout)
      if (call.verb === 'destroy') this.#shapes.destroys(call.unit, rollout)
      this.preparations.changes(rollout, said)
      this.#recorded(call, instance, made, said)
    },

    landed: (call: ModelCall, waited: boolean): void => {
      if (call.verb !== 'start' && this.#fleet.unit(call.unit).wanted === 'launched') this.#away.add(call.unit)
      const drives = this.rollouts().some((one) => this.driverOf(one.id) === call.by.name)
      if (waited && !drives)
        this.#say(1, `${call.verb} ${call.unit} by ${call.by.name} was heard, who drives nothing now`)
    },

    over: (call: ModelCall): void => void this.#underWay.delete(call),
  }

  #drivenBy(process: string): Rollout | null {
    const driven = this.rollouts().filter((one) => this.driverOf(one.id) === process && !isWaiting(one))
    return driven.find(holdsItsTarget) ?? driven.at(-1) ?? null
  }

  /** How many calls were made for it so far. */
  #count({ id }: Rollout, { unit }: InstanceState): number {
    const key = `${id} ${unit}`
    const made = (this.#made.get(key) ?? 0) + 1
    this.#made.set(key, made)
    return made
  }

  /** Invariant 2, for one that serves and is taken away by this first call for it: nobody is sent to it from now on. */
  #withinBatch(unit: string, { view }: ModelCall, { instances, plan }: Rollout, said: string): void {
    this.#comeBack()
    // What seemed to be down, or to fail its gate, is not taken away.
    const seemedUp = (name: string): boolean =>
      view?.kind === 'known' && view.units.get(name)?.reports.some(({ sub }) => sub === 'running') === true
    const serves = seemedUp(unit) && this.#fleet.unit(unit).state === 'running' && !this.#away.has(unit)
    const well = this.#isWell(this.#fleet.unit(unit)) && this.#now() - (this.#wellAt.get(unit) ?? -Infinity) >= 10_000
    if (!serves || !well) return
    const asked = new Set(
      [...this.#underWay].flatMap(([one, at]) => (one.verb === 'stop' && this.#now() - at < 3500 ? [one.unit] : [])),
    )
    const away = instances.flatMap((one) => {
      const down = !seemedUp(one.unit) && this.#fleet.unit(one.unit).state !== 'running'
      if (isMissing(one)) return []
      const gone = inFlight(one) || this.#away.has(one.unit) || asked.has(one.unit) || down
      return one.unit !== unit && gone ? [one.unit] : []
    })
    if (away.length + 1 > plan.atOnce)
      this.#say(2, `${said} while ${away.join(', ')} is away: the plan allows ${plan.atOnce}`)
  }

  #comeBack(): void {
    for (const name of this.#away) {
      const { state, wanted } = this.#fleet.unit(name)
      if (state === 'running' && wanted === 'launched') this.#away.delete(name)
    }
  }

  /** Invariant 4: the record, as it is now, names this call. */
  #recorded({ verb, unit }: ModelCall, instance: InstanceState, made: number, said: string): void {
    if (made > instance.calls) this.#say(4, `${said} as call ${made} for it, and ${instance.calls} were recorded`)
    const kind = instance.unit === unit ? 'main' : 'sidekick'
    if (!stagesFor[kind][verb].includes(instance.stage))
      this.#say(4, `${said} while ${instance.unit} is recorded as ${instance.stage}`)
  }

  #written(changes: readonly KeyChange[], by: string | null): void {
    // The events of one transaction explain its record.
    for (const { key, after } of changes)
      if (after !== null && key.startsWith('events/')) this.#event(eventRecord.read(after))
    for (const { key, before, after } of changes) {
      if (after === null) {
        if (key.startsWith(keys.rollouts)) this.#say(3, `${key} was deleted`)
        continue
      }
      if (!key.startsWith(keys.rollouts)) continue
      const next = rolloutRecord.read(after)
      if (before === null) {
        this.releases.began(next)
        if (holdsItsTarget(next)) this.#begun.push(next.id)
        continue
      }
      if (this.driverOf(next.id) !== by) this.#say(1, `rollout ${next.id} was written by ${by}, who does not drive it`)
      this.#stepped(rolloutRecord.read(before), next, changes)
    }
  }

  #event({ rollout, seq, fact }: { readonly rollout: number; readonly seq: number; readonly fact: Fact }): void {
    const facts = this.facts.get(rollout) ?? []
    this.facts.set(rollout, facts)
    facts.push(fact)
    if (fact.kind === 'healthy') {
      this.#proofs.passed({ id: rollout }, fact.unit)
      this.onProven(fact.unit)
    }
    if (seq !== facts.length) this.#say(3, `event ${seq} of rollout ${rollout} came as number ${facts.length}`)
  }

  #stepped(before: Rollout, next: Rollout, changes: readonly KeyChange[]): void {
    this.releases.stepped(before, next, changes)
    if (isWaiting(before) && isOver(next)) this.#neverBegan.add(next.id)
    if (isWaiting(before) && holdsItsTarget(next)) {
      this.#begun.push(next.id)
      this.#confirmed(next, changes)
    }
    if (holdsItsTarget(before) && hasFailed(next)) {
      for (const one of this.rollouts()) if (isWaiting(one)) this.#failedBefore.set(one.id, next.id)
    }
    if (isOver(before)) this.#say(3, `rollout ${next.id} was ${before.phase} and was written again`)
    const stageBefore = new Map(before.instances.map((one) => [one.unit, one.stage]))
    for (const instance of next.instances) {
      if (!inFlight(instance) || stageBefore.get(instance.unit) !== 'waiting') continue
      this.#lifeBefore.set(`${next.id} ${instance.unit}`, this.#fleet.unit(instance.unit).life)
      this.#mayBegin(instance, next)
    }
    if (!isOver(next)) return
    if (next.instances.some(inFlight)) this.#say(3, `rollout ${next.id} is ${next.phase} with instances under way`)
    this.#shapes.over(next, this.facts.get(next.id) ?? [])
    this.#proofs.over(next)
    if (next.phase !== 'succeeded') return
    for (const { unit, task } of next.instances) {
      if (task === 'remove') continue
      const life = this.#lifeBefore.get(`${next.id} ${unit}`) ?? Infinity
      if (this.#fleet.unit(unit).life <= life) this.#say(3, `rollout ${next.id} succeeded and ${unit} was not replaced`)
    }
  }

  /** Invariant 5: after a failure on its target it begins only with the yes of a person who was shown that. */
  #confirmed({ id }: Rollout, changes: readonly KeyChange[]): void {
    const failed = this.#failedBefore.get(id)
    if (failed === undefined) return
    const place = changes.find(({ key, after }) => key.includes('/queue/') && after === null)?.before ?? null
    const yes = place === null ? null : placeRecord.read(place).yes
    if (yes?.passes.includes('failed-before') !== true)
      this.#say(5, `rollout ${id} began by itself after rollout ${failed} had failed while it waited`)
  }

  /** Invariant 5, by etcd's own order: what people wanted when this was written. */
  #mayBegin({ unit }: InstanceState, rollout: Rollout): void {
    const { id, plan } = rollout
    const no = (why: string): void => this.#say(5, `${unit} of rollout ${id} began ${why}`)
    const wish = this.#etcd.get(keys.wish(id))
    const wishes = wish === null ? null : wishesRecord.read(wish)
    if (wishes?.abort !== null && wishes !== null) no('after it was aborted')
    if (wishes?.pause?.kind === 'pause') no('while it was paused')
    const stop = this.#etcd.get(keys.stop(plan.tier))
    if (stop !== null && stopRecord.read(stop).kind === 'stop') no('while its tier was stopped')
    const owner = wishes?.take?.by ?? ownerOf(rollout)
    for (const entry of [this.#etcd.get(keys.tierLock(plan.tier)), this.#etcd.get(keys.targetLock(plan))]) {
      if (entry === null) continue
      const lock = lockRecord.read(entry)
      if (lock.by.id !== owner.id) no(`under the lock of ${lock.by.id}`)
    }
  }

  /** Invariant 3, once everything was well for long. */
  atTheEnd(): void {
    const last = new Map<string, { id: number; phase: Rollout['phase']; one: InstanceState }>()
    const rows = this.#etcd.range(keys.historiesAll).entries.map((entry) => historyRecord.read(entry))
    const inOrder = this.rollouts().toSorted((a, b) => this.#begun.indexOf(a.id) - this.#begun.indexOf(b.id))
    for (const rollout of inOrder) {
      const { id, phase, plan, instances } = rollout
      if (!isOver(rollout)) this.#say(3, `rollout ${id} did not end: it is ${phase}`)
      const own = this.#etcd.range(keys.histories(plan)).entries.map((entry) => historyRecord.read(entry))
      for (const found of [rows, own]) {
        const count = found.filter((row) => row.id === id && row.phase === phase).length
        if (count !== 1) this.#say(3, `rollout ${id} has ${count} history rows`)
      }
      const kinds = (this.facts.get(id) ?? []).map((fact) => fact.kind)
      if (kinds.indexOf('ended') !== kinds.length - 1) this.#say(3, `the end of rollout ${id} is not its last event`)
      if (kinds.length !== rollout.seq) this.#say(3, `rollout ${id} has ${kinds.length} events of ${rollout.seq}`)
      for (const one of instances) if (!this.#neverBegan.has(id)) last.set(one.unit, { id, phase, one })
    }
    for (const { id, phase, one } of last.values()) {
      const { unit, stage } = one
      const gone = one.task === 'take-back' || (one.task === 'remove' && stage === 'done')
      const there = !gone && (one.task !== 'add' || stage === 'done')
      const given = stage === 'done' || stage === 'kept' || (phase === 'aborted' && !gone)
      const { wanted } = this.#fleet.unit(unit)
      if (there && given && stage !== 'failed' && wanted !== 'launched')
        this.#say(3, `rollout ${id} is ${phase}, ${unit} is ${stage}, and it was left ${wanted}`)
      if (gone && stage !== 'failed' && wanted !== 'absent')
        this.#say(3, `rollout ${id} is ${phase}, ${unit} is ${stage}, and it is ${wanted}`)
    }
    const left = this.#etcd.range(keys.targets).entries.filter(({ key }) => !key.endsWith('/current'))
    for (const { key } of left) this.#say(3, `${key} is left`)
    for (const { key } of this.#etcd.range(keys.wishes).entries) {
      if (numberIn(key) !== null) this.#say(3, `${key} is left`)
    }
  }

  #say(invariant: 1 | 2 | 3 | 4 | 5 | 7, what: string): void {
    this.wrong.push(`invariant ${invariant} at ${Math.round(this.#now())} ms: ${what}`)
  }
}

/** It is not there yet, or no more: nobody counts on it. */
const isMissing = ({ task, stage }: InstanceState): boolean =>
  (task === 'add' && stage === 'waiting') ||
  (task === 'remove' && stage === 'done') ||
  (task === 'take-back' && stage === 'kept')

/** In which stages of an instance a call for it, or for its sidekicks, may be made: as the chaos checker has it. */
const stagesFor: Readonly<Record<'main' | 'sidekick', Readonly<Record<Verb, readonly InstanceState['stage'][]>>>> = {
  main: { stop: ['stopping'], start: ['starting', 'stopping', 'failed', 'kept'], destroy: ['removing', 'failed'] },
  sidekick: {
    stop: ['detaching'],
    start: ['attaching', 'detaching', 'failed', 'kept'],
    destroy: ['removing', 'failed'],
  },
}
