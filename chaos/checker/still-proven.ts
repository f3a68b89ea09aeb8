import { clockText, type Evidence, type Violation } from './evidence.ts'
import { livesOf, type Life, type Lives } from './lives.ts'
import { looksBetween } from './looks.ts'
import { pidOf } from './one-driver.ts'
import { pathOf } from './aims.ts'
import { isMissing, type Story, type Version } from './story.ts'
import { threadOf } from './thread.ts'

/**
 * Invariant 7: an instance that is reported as done runs in the process that passed its gate, and still does when the rollout
 * ends. A bot cannot know what happened after it looked for the last time, so the end is compared with what it could have seen.
 */
export function stillProven(evidence: Evidence, story: Story, lives: Lives): Violation[] {
  const { ended } = story
  if (ended === null || (ended.is.phase !== 'succeeded' && ended.is.phase !== 'rolled-back')) return []
  return ended.is.instances.flatMap((instance): Violation[] => {
    const { unit, stage } = instance
    const provenBy = lastProof(story, unit)
    if (stage !== 'done' || isMissing(instance) || provenBy === null) return []
    const own = livesOf(lives, story, unit).filter(({ from }) => from <= ended.change.by)
    const began = (story.begun?.change.by ?? 0) - (story.begun?.change.slop ?? 0)
    const proof = { evidence, story, ended, unit, own, began, provenBy }
    const why = crashedSince(proof) ?? downAtTheEnd(proof) ?? tooYoung(proof) ?? neverReplaced(proof) ?? oldCopy(proof)
    if (why === null) return []
    const message = `ended as ${ended.is.phase} at ${clockText(ended.change.by)} with ${unit} reported as done, ${why}`
    return [{ invariant: 7, rollout: story.id, message }]
  })
}

/**
 * When it was last recorded that it passed its gate, in ms since the epoch: fleet may have moved or restarted it, and then it
 * passes the gate again. Null: it never did.
 */
function lastProof({ events, versions }: Story, unit: string): number | null {
  const healthy = events.findLast(({ fact }) => fact.kind === 'healthy' && fact['unit'] === unit)
  if (healthy === undefined) return null
  const stages = versions.map(({ change, is }) => ({
    by: change.by,
    stage: is.instances.find((one) => one.unit === unit)?.stage ?? '',
  }))
  const done = stages.findLast(({ stage }, index) => stage === 'done' && stages[index - 1]?.stage !== 'done')
  return Math.max(healthy.change.by, done?.by ?? 0)
}

interface Proof {
  readonly evidence: Evidence
  readonly story: Story
  readonly ended: Version
  readonly unit: string
  /** Its processes that had begun by the end. */
  readonly own: readonly Life[]
  /** When the rollout began at the earliest. This and the next are in ms since the epoch. */
  readonly began: number
  /** When it was recorded that it passed its gate. */
  readonly provenBy: number
}

/** Fleet reports a change within two looks on a busy machine; the bot believes it after two more. */
const enoughLooks = 4

/** Whether the driver looked often enough between a moment and the end to have seen what was so all the while. */
function couldSee({ evidence, story, ended }: Proof, from: number): boolean {
  const { by, revision } = ended.change
  const owner = story.owners.findLast((one) => one.from.revision < revision)
  if (owner === undefined) return false
  const looks = looksBetween(evidence, { tier: story.tier, pid: pidOf(owner.driver), from, to: by })
  return looks !== null && looks >= enoughLooks
}

/** By itself. Where systemd starts it again, only the health answer of a released service shows that in every case. */
function crashedSince(proof: Proof): string | null {
  const { own, began, provenBy, ended, story } = proof
  const fresh = own.filter(({ from }) => from >= began)
  const at = fresh.findIndex(({ crashed, to }) => crashed && to > provenBy && to < ended.change.by)
  const life = fresh[at]
  if (life === undefined) return null
  // Its machine was cut off or died as well, and fleet moved it: the new copy passed the gate itself.
  if (own.at(-1)?.machine !== life.machine) return null
  const next = fresh[at + 1]
  if (next !== undefined && pathOf(story) === null) return null
  if (!couldSee(proof, next?.from ?? life.to)) return null
  const then = next === undefined ? 'stayed down' : `was started again at ${clockText(next.from)}`
  return `whose process crashed at ${clockText(life.to)}, after it had passed its gate, and ${then}`
}

function downAtTheEnd(proof: Proof): string | null {
  const { own, ended } = proof
  const last = Math.max(...own.map(({ to }) => to))
  if (last >= ended.change.by || !couldSee(proof, last)) return null
  return `which was down since ${clockText(last)}`
}

/** A process that fleet started elsewhere must pass the gate as well. */
function tooYoung(proof: Proof): string | null {
  const { own, ended, provenBy } = proof
  const newest = own.at(-1)
  if (newest === undefined || newest.from <= provenBy) return null
  const ageMs = ended.change.by - newest.from
  if (ageMs >= ended.is.plan.settleMs) return null
  const before = own.at(-2)
  return before !== undefined && couldSee(proof, before.to)
    ? `whose process had run for ${Math.round(ageMs)} ms only, and must run steadily for ${ended.is.plan.settleMs} ms`
    : null
}

function neverReplaced({ own, began, ended }: Proof): string | null {
  const running = own.filter(({ to }) => to >= ended.change.by)
  if (running.length === 0 || running.some(({ from }) => from >= began)) return null
  return `whose process had run since ${clockText(running[0]?.from ?? 0)}, before the rollout began`
}

/** A copy of before the rollout may run on, on a machine that was cut off. Then the thread says so, and where. */
function oldCopy({ evidence, own, began, story, ended, unit }: Proof): string | null {
  const old = own.find(({ from, to }) => from < began && to > ended.change.by)
  if (old === undefined) return null
  const address = evidence.machines.get(old.machine) ?? old.machine
  const short = unit.replace(/\.service$/, '')
  if (threadOf(evidence, story).some((line) => line.includes(short) && line.includes(address))) return null
  return `and its thread does not say that its old process ${old.pid ?? 0} still runs on ${address}`
}

/** Where no health answer names the process, the plan says that a quick restart would not be seen. A scale may replace nothing. */
export function unseenRestart({ id, begun }: Story): Violation[] {
  const plan = begun?.is.plan
  if (plan === undefined || plan.gate === null || plan.kind === 'scale') return []
  const isNamed = plan.gate.kind === 'http' && plan.gate.identity !== null
  if (isNamed || plan.warnings.some((warning) => warning.includes('restart of an instance would not be seen')))
    return []
  const message = `began, and its plan does not say that a restart of an instance would not be seen: its gate is ${plan.gate.kind}`
  return [{ invariant: 7, rollout: id, message }]
}
