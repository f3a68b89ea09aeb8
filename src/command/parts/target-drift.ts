import { isAt, isOf, type Announcement } from '../../domain/announcement.ts'
import type { Catalog } from '../../domain/catalog.ts'
import { driftOf, type DriftInstance, type LeftCopy } from '../../domain/drift.ts'
import type { Found, FoundAt, SeenProcess } from '../../domain/drift-memory.ts'
import { inTurns } from '../../domain/in-turns.ts'
import type { Release } from '../../domain/release.ts'
import type { Rollout } from '../../domain/rollout.ts'
import { sameTarget, type Target } from '../../domain/target.ts'
import { templateOf } from '../../domain/unit-name.ts'
import { runsOtherFile, type ClusterView, type UnitView } from '../../ports/scheduler.ts'
import type { Readers } from '../../services/capabilities.ts'
import { announcedName } from './announced-name.ts'
import { addressOf, copiesOf, isRunning, leftText, lookAt, type Copy, type Views } from './fleet.ts'
import { runningOf, type RunningInstance } from './running.ts'
import { describedAs } from './target-releases.ts'
import { readable } from './unreadable.ts'

interface Context {
  readonly read: Readers
  readonly catalog: Catalog
}

/** So many targets are looked at side by side: each asks the registry once, and each of its instances once. */
const atOnce = 16
/** A list of 3,000 units takes fleet about 20 s; nobody waits for a look of the schedule. In milliseconds. */
const patientMs = 60_000

/**
 * Where each of these targets has parted from what was last left there. One look at each tier's fleet for all of them. With
 * `processes`, for the schedule, it is also looked which process each instance is. Throws `StoreUnavailable`.
 */
export async function driftAmong(
  targets: readonly Target[],
  context: Context,
  { processes }: { readonly processes: boolean },
): Promise<{ readonly found: readonly FoundAt[]; readonly left: readonly string[] }> {
  const { read } = context
  const [views, live, announced] = await Promise.all([
    lookAt(
      targets.map((target) => target.tier),
      read,
      processes ? patientMs : undefined,
    ),
    read.rollouts.allLive(),
    processes ? read.discovery.announced('all').then(({ list }) => list) : [],
  ])
  const found = await inTurns(targets, atOnce, async (target): Promise<FoundAt> => {
    const rolling = live.records.find(({ plan }) => sameTarget(plan, target))
    if (live.hidden.some((one) => sameTarget(one, target))) {
      return { target, found: { kind: 'unreadable', faults: live.unreadable } }
    }
    const looked = await readable(driftIn(target, rolling, views, processes ? announced : null, context))
    return { target, found: looked.kind === 'read' ? looked.value : { kind: 'unreadable', faults: [looked.fault] } }
  })
  return { found, left: leftText(views) }
}

async function driftIn(
  target: Target,
  rolling: Rollout | undefined,
  views: Views,
  announced: readonly Announcement[] | null,
  context: Context,
): Promise<Found> {
  const { read, catalog } = context
  const view = views.get(target.tier)
  if (view?.kind !== 'known') return { kind: 'away', reason: view?.reason ?? 'nobody looked at its fleet' }
  if (rolling !== undefined) return { kind: 'rolling', id: rolling.id }
  const at = read.releases.at(target)
  const [wanted, good, left] = await Promise.all([
    at === null ? null : read.releases.wanted(target),
    read.rollouts.lastGood(target),
    read.rollouts.left(target),
  ])
  if (left.unreadable.length > 0) return { kind: 'unreadable', faults: left.unreadable }
  const digest = wanted?.kind === 'known' ? wanted.digest : undefined
  const known = [good?.release ?? null, await wantedByLabel(target, digest, good?.release ?? null, read)]
  const running = (await runningOf(target, known, views, context, { identities: announced !== null })) ?? []
  const copies = copiesOf(view, target, catalog)
  const instances = copies.map(({ name, unit }): DriftInstance => ({
    unit: name,
    wanted: unit.wanted === 'launched',
    running: isRunning(unit),
    says: saidOf(name, running),
    oldFile: runsOldFile(unit.unit, view),
    file: runningFile(unit),
    everywhere: unit.global,
  }))
  const { ended, meant } = left
  // A machine that is listed again has ended its old copies.
  const old = (left.copies ?? []).filter(({ machine }) => !view.machines.has(machine))
  const asked = await Promise.all(old.map((copy) => askedCopy(target, copy, read)))
  const rolled = ended !== null || good !== null
  const input = { at, wanted: digest, good, left: meant, rolled, instances, copies: asked }
  const findings = driftOf(input).map(({ text }) => text)
  const unseen = wanted?.kind === 'unknown' ? wanted.reason : silentText(target, running, read)
  const processes = announced === null || !rolled ? [] : processesOf(target, copies, running, announced, catalog)
  return { kind: 'looked', ended, findings, unseen: rolled ? unseen : null, processes }
}

async function askedCopy(target: Target, copy: LeftCopy, read: Readers) {
  const answer = copy.ip === null ? null : await read.health.check(target.service, copy.ip, copy.unit)
  return { ...copy, answers: answer === null ? null : answer.kind === 'healthy' }
}

/** A label names the wanted release only to who knows what that one's labels say. */
async function wantedByLabel(
  target: Target,
  digest: string | null | undefined,
  good: Release | null,
  read: Readers,
): Promise<Release | null> {
  if (typeof digest !== 'string' || digest === good?.digest || read.releases.proof(target).by !== 'label') return null
  return describedAs(target.service, digest, read)
}

function saidOf(unit: string, running: readonly RunningInstance[]): string | null {
  const runs = running.find((one) => one.unit === unit)?.runs
  switch (runs?.kind) {
    case 'digest':
      return runs.digest
    case 'other':
      return runs.text
    case 'silent':
    case undefined:
      return null
  }
}

/** Which of those that could say what they run did not; null for none. */
function silentText(target: Target, running: readonly RunningInstance[], read: Readers): string | null {
  if (read.releases.at(target) === null || read.releases.proof(target).by === 'none') return null
  const silent = running.filter(({ runs }) => runs.kind === 'silent').map(({ unit }) => unit)
  const [first, ...more] = silent
  if (first === undefined) return null
  return more.length === 0
    ? `${first} does not say what it runs`
    : `${silent.length} of ${running.length} instances do not say what they run`
}

function runsOldFile(unit: string, view: Extract<ClusterView, { kind: 'known' }>): boolean {
  const template = view.templates.get(templateOf(unit) ?? '')
  const seen = view.units.get(unit)
  return template !== undefined && seen !== undefined && runsOtherFile(seen, template)
}

/** Its machine's word, else the registry's. */
const runningFile = ({ reports, hash }: UnitView): string | null =>
  reports.find((report) => report.hash !== '')?.hash ?? hash

function processesOf(
  target: Target,
  copies: readonly Copy[],
  running: readonly RunningInstance[],
  announced: readonly Announcement[],
  catalog: Catalog,
): readonly SeenProcess[] {
  const service = announcedName(target.service, catalog)
  return copies.flatMap(({ name, unit }) => {
    const one = running.find((other) => other.unit === name)
    if (one === undefined) return []
    const ip = addressOf(unit)
    // Two instances at one address cannot be told apart by what stands there.
    const alone = copies.filter((other) => addressOf(other.unit) === ip).length === 1
    const keys = announced.filter((key) => alone && isOf(key, service) && isAt(key, ip))
    const key = keys.length === 1 ? keys[0] : undefined
    // With two live reports nobody knows which copy stays.
    const machines = unit.reports.filter((report) => report.active === 'active').map((report) => report.machine)
    const machine = machines.length === 1 ? (machines[0] ?? null) : null
    return [
      { unit: name, identity: one.identity, announced: key === undefined ? null : `${key.id} at ${key.port}`, machine },
    ]
  })
}
