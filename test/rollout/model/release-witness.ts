import { aimOf } from '../../../src/domain/aim.ts'
import { releaseStateText } from '../../../src/domain/release-words.ts'
import { shortDigest } from '../../../src/domain/release.ts'
import { isOver, isTakenBack, isWaiting, type Rollout } from '../../../src/domain/rollout.ts'
import { keys } from '../../../src/store/keys.ts'
import { currentRecord } from '../../../src/store/records.ts'
import type { KeyChange, ModelEtcd } from './etcd.ts'
import type { ModelFleet, ModelUnit } from './fleet.ts'
import type { ModelRegistry, TagMove } from './registry.ts'

/** Once all was well for so long, longer than any deadline of these stories, taking back fails no more, in milliseconds. */
const cannotFailAfterMs = 60_000

/** Whatever is so, this long after all was made well everybody can have seen it, in milliseconds. */
const seenAfterMs = 20_000

interface Parts {
  readonly etcd: ModelEtcd
  readonly fleet: ModelFleet
  readonly registry: ModelRegistry
  readonly now: () => number
  /** The rollout that this process drives, by etcd; null for none. */
  readonly drivenBy: (process: string) => Rollout | null
  readonly say: (invariant: 1 | 4 | 7, what: string) => void
}

/**
 * Invariant 7: what units pull was seen to be the planned release before any is stopped; who proved healthy runs it; at the end
 * the tag, `current` and what instances run agree, or the thread says exactly which do not. It believes the registry and the
 * processes alone.
 */
export class ReleaseWitness {
  /** Since when nothing is in anybody's way; null before. */
  wellSince: number | null = null
  readonly #parts: Parts
  /** What the processes of each unit were started with, and when. */
  readonly #lives = new Map<string, { readonly at: number; readonly runs: string | null }[]>()
  /** When each rollout began, and when it turned back. */
  readonly #aimedAt = new Map<number, number>()
  /** When each instance began, by its rollout. */
  readonly #begunAt = new Map<string, number>()

  constructor(parts: Parts) {
    this.#parts = parts
    for (const unit of parts.fleet.units.values()) this.lived(unit)
    parts.registry.onMove = (move) => this.#moved(move)
  }

  /** A process of it began. */
  lived({ name, runs }: ModelUnit): void {
    this.#lives.set(name, [...(this.#lives.get(name) ?? []), { at: this.#parts.now(), runs }])
  }

  /** A rollout was made, and rolls at once. */
  began({ id }: Rollout): void {
    this.#aimedAt.set(id, this.#parts.now())
  }

  /** A unit is told to stop on behalf of this rollout. */
  stops(unit: string, { id, release }: Rollout): void {
    if (release !== null && release.stage !== 'moved')
      this.#parts.say(7, `${unit} of rollout ${id} was stopped, and its release is recorded as ${release.stage}`)
  }

  stepped(before: Rollout, next: Rollout, changes: readonly KeyChange[]): void {
    const { say, now } = this.#parts
    const aim = aimOf(next)
    const turned = isTakenBack(next) && !isTakenBack(before)
    if (isWaiting(before) && !isWaiting(next)) this.began(next)
    if (aim !== null && next.release?.stage === 'moved' && (turned || before.release?.stage !== 'moved')) {
      const since = this.#aimedAt.get(next.id) ?? 0
      if (!this.#namedSince(since, aim.to.digest))
        say(7, `rollout ${next.id} says that the tag names ${aim.to.tag}, and since it began it never did`)
    }
    const failed = isTakenBack(next) && next.ending?.kind === 'failed' && before.ending === null ? next.ending : null
    // Nothing brings up what was made from a unit file that no machine matches.
    const placed = [...this.#parts.fleet.units.values()].every(({ hash }) => !hash.endsWith('!'))
    if (failed !== null && placed && this.wellSince !== null && now() - this.wellSince >= cannotFailAfterMs)
      say(7, `rollout ${next.id} could not be taken back, though all was well: ${failed.reason}`)
    if (turned) this.#aimedAt.set(next.id, now())
    for (const { unit, stage } of next.instances) {
      const was = before.instances.find((one) => one.unit === unit)?.stage
      if (was === 'waiting' && stage !== 'waiting') this.#begunAt.set(`${next.id} ${unit}`, now())
      const proved = was === 'proving' && (stage === 'attaching' || stage === 'done')
      if (aim !== null && proved && next.ending?.kind !== 'aborted') this.#proved(unit, next.id, aim.to.digest)
    }
    if (isOver(next) && !isWaiting(before)) this.#over(next, changes)
  }

  /** As it was begun or since there was a process of it with this release. */
  #proved(unit: string, id: number, digest: string): void {
    const since = this.#begunAt.get(`${id} ${unit}`) ?? Infinity
    const lives = this.#lives.get(unit) ?? []
    // Whether it was replaced at all is for invariant 3.
    const could = lives.filter((_, index) => (lives[index + 1]?.at ?? Infinity) >= since)
    if (!could.some(({ runs }) => runs === digest))
      this.#parts.say(7, `${unit} of rollout ${id} proved healthy, and did not run ${shortDigest(digest)}`)
  }

  #over(rollout: Rollout, changes: readonly KeyChange[]): void {
    const { etcd, say } = this.#parts
    const { id, plan, phase } = rollout
    if (plan.release === null) return
    const key = keys.current(plan)
    const entry = etcd.get(key)
    if (phase !== 'succeeded') {
      if (changes.some((one) => one.key === key)) say(7, `rollout ${id} is ${phase}, and current was written`)
    } else if (entry === null || currentRecord.read(entry).release?.digest !== plan.release.to.digest) {
      say(7, `rollout ${id} succeeded, and current is not its release`)
    }
    if (phase === 'rolled-back') this.#isBack(rollout)
    if (this.wellSince !== null && this.#parts.now() - this.wellSince >= seenAfterMs) this.#agrees(rollout)
  }

  /** Whoever changed it and why: it is over only when all of it runs what it was taken back to. */
  #isBack({ id, instances, plan }: Rollout): void {
    const { fleet, say, now } = this.#parts
    for (const { unit } of instances) {
      const life = this.#lives.get(unit)?.at(-1)
      if (life === undefined || life.at >= now() - seenAfterMs || fleet.unit(unit).state !== 'running') continue
      if (life.runs !== plan.rollback?.to.digest)
        say(7, `rollout ${id} is taken back, and left ${unit} on ${shortDigest(life.runs ?? '')}`)
    }
  }

  /** What does not agree is said, by name, and nothing else is. */
  #agrees(rollout: Rollout): void {
    const { registry, fleet, say, now } = this.#parts
    const aim = aimOf(rollout)
    const text = releaseStateText(rollout)
    const told = text === null ? 'nothing of releases' : `"${text}"`
    const lately = now() - seenAfterMs / 2
    const said = `rollout ${rollout.id} is ${rollout.phase} and says ${told}`
    if (aim === null) return
    if ((registry.moves.at(-1)?.at ?? 0) < lately) {
      const right = registry.tag === aim.to.digest
      const names = text === null ? right : text.includes(`names ${right ? aim.to.tag : shortDigest(registry.tag)}`)
      if (!names) say(7, `${said}, and the tag names ${shortDigest(registry.tag)} (planned: ${aim.to.tag})`)
    }
    for (const { unit, runs } of rollout.instances) {
      const life = this.#lives.get(unit)?.at(-1)
      if (life === undefined || life.at >= lately || fleet.unit(unit).state !== 'running') continue
      if ((runs !== null && runs !== life.runs) || (text === null && life.runs !== aim.to.digest))
        say(7, `${said}, and ${unit} runs ${shortDigest(life.runs ?? '')} (planned: ${aim.to.tag})`)
    }
  }

  /** Invariant 1: a process that pushes drives. */
  pushes(by: string): void {
    if (this.#parts.drivenBy(by) === null) this.#parts.say(1, `${by} pushes, who drives nothing now`)
  }

  /** Invariant 4, for a push of the bot that arrives: the record names it. */
  #moved({ digest, by }: TagMove): void {
    const { say, drivenBy } = this.#parts
    const rollout = by === 'somebody' ? null : drivenBy(by)
    // It may have ended while this was on its way.
    if (rollout === null) return
    if (rollout.release?.stage !== 'moving' || aimOf(rollout)?.to.digest !== digest)
      say(
        4,
        `${by} moved the tag to ${shortDigest(digest)}, which is not what rollout ${rollout.id} was recorded to do`,
      )
  }

  #namedSince(since: number, digest: string): boolean {
    const { moves } = this.#parts.registry
    return moves.some((one, index) => one.digest === digest && (moves[index + 1]?.at ?? Infinity) >= since)
  }
}
