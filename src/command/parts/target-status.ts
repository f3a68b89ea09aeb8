import type { Catalog } from '../../domain/catalog.ts'
import { lockCovers, lockExpired, type Lock } from '../../domain/lock.ts'
import type { Pin } from '../../domain/pin.ts'
import { lastFailureText } from '../../domain/last-attempt.ts'
import { releaseName } from '../../domain/release.ts'
import type { Rollout } from '../../domain/rollout.ts'
import { sameTarget, targetText, type Target } from '../../domain/target.ts'
import type { Unreadable } from '../../domain/unreadable.ts'
import { ago, code, count, fleetStateText, personText, series, shortUnit, span, words } from '../../domain/wording.ts'
import type { UnitView } from '../../ports/scheduler.ts'
import type { Announcement, Readers, Waiting } from '../../services/capabilities.ts'
import { table } from '../text.ts'
import { addressOf, instancesOf, isRunning, runningText, statesText, type Views } from './fleet.ts'
import { lockLine } from './lock-text.ts'
import { pastOf, type Past } from './past.ts'
import { pinText } from './pin-text.ts'
import { statusReleases } from './status-releases.ts'
import { liveText } from './rollout-text.ts'
import { faultIn, readable } from './unreadable.ts'

/** All that one answer about targets was read from, at one time. */
export interface Seen {
  readonly catalog: Catalog
  readonly read: Readers
  readonly views: Views
  readonly locks: readonly Lock[]
  readonly pins: readonly Pin[]
  readonly live: readonly Rollout[]
  /** Targets on which a rollout is in progress that cannot be read. */
  readonly hidden: readonly Target[]
  readonly waiting: readonly Waiting[]
  readonly now: number
}

/** One line: `api production`  3 of 3 running, last good …, what rolls, what is locked. */
export async function targetLine(
  target: Target,
  seen: Seen,
): Promise<{ readonly name: string; readonly text: string; readonly unreadable: readonly Unreadable[] }> {
  const past = await pastOf(target, seen.read)
  const parts = [fleetText(target, seen), ...pastText(past, seen), ...hiddenText(target, seen)]
  const live = seen.live.find((rollout) => sameTarget(rollout.plan, target))
  if (live !== undefined) parts.push(`*rollout ${live.id} ${liveText(live)}* (${fleetStateText(live)})`)
  const waiting = waitingFor(target, seen)
  if (waiting.length > 0) parts.push(`${count(waiting.length, 'rollout')} in the queue`)
  for (const lock of locksOn(target, seen)) parts.push(`*locked* by ${personText(lock.by)}: ${words(lock.why)}`)
  parts.push(...pinsOn(target, seen))
  return { name: targetText(target), text: parts.join('; '), unreadable: past.unreadable }
}

/** Every instance, and what concerns it. `alone`: it is the only target that was asked for. */
export async function targetBlock(
  target: Target,
  seen: Seen,
  announced: readonly Announcement[],
  alone: boolean,
): Promise<{ readonly lines: readonly string[]; readonly unreadable: readonly Unreadable[] }> {
  const units = instancesOf(seen.views.get(target.tier), target, seen.catalog)
  const live = seen.live.find((rollout) => sameTarget(rollout.plan, target))
  const [releases, started, health] = await Promise.all([
    statusReleases(target, units, alone, seen.read),
    startsOf(target, live, seen.read),
    healthOf(target.service, units, seen.read),
  ])
  const name = seen.catalog.serviceConfig(target.service).announcedAs ?? target.service
  const mine = announced.filter((one) => one.service === name)
  const rows = units.map((unit) => ({
    name: shortUnit(unit.unit),
    text: [
      statesText(unit),
      ...(health.get(unit.unit)?.text ?? []),
      ...releases.textOf(unit.unit, health.get(unit.unit)?.says ?? null),
      ...announcedText(unit, mine, seen.catalog.serviceConfig(target.service).health.kind !== 'none'),
      ...ageText(unit, health.get(unit.unit)?.since ?? null, started.byUnit.get(unit.unit), seen.now),
    ].join(', '),
  }))
  const head = [fleetText(target, seen), ...pastText(releases.past, seen), ...hiddenText(target, seen)]
  const lines = [
    `*${targetText(target)}*: ${head.join('; ')}`,
    ...releases.lines,
    ...(live === undefined
      ? []
      : [
          `Rollout ${live.id} (${live.plan.kind}) ${liveText(live)}, begun ${ago(live.begunAt ?? live.createdAt, seen.now)} by ${personText(live.requestedBy)}: ${fleetStateText(live)}. ${code(`abort ${live.id}`)} ends it.`,
        ]),
    ...waitingText(target, seen),
    ...locksOn(target, seen).map((lock) => lockLine(lock, seen.now)),
    ...pinsOn(target, seen).map((text) => `${code(targetText(target))}  ${text}`),
    ...table(rows),
  ]
  return { lines, unreadable: [...releases.past.unreadable, ...started.unreadable] }
}

const waitingFor = (target: Target, seen: Seen): readonly Waiting[] =>
  seen.waiting.filter((one) => sameTarget(one.target, target))

function waitingText(target: Target, seen: Seen): readonly string[] {
  const waiting = waitingFor(target, seen)
  if (waiting.length === 0) return []
  const verb = waiting.length === 1 ? 'waits' : 'wait'
  const who = waiting.length === 1 ? 'Rollout' : 'Rollouts'
  return [
    `${who} ${series(waiting.map((one) => String(one.id)))} ${verb} for it: ${code(`queue ${targetText(target)}`)} says for what.`,
  ]
}

const locksOn = (target: Target, seen: Pick<Seen, 'locks' | 'now'>): readonly Lock[] =>
  seen.locks.filter((lock) => lockCovers(lock, target) && !lockExpired(lock, seen.now))

const pinsOn = (target: Target, { pins, now }: Seen): readonly string[] =>
  pins.filter((pin) => sameTarget(pin, target)).map((pin) => pinText(pin, now))

function fleetText(target: Target, seen: Seen): string {
  const view = seen.views.get(target.tier)
  return view?.kind === 'known' ? runningText(instancesOf(view, target, seen.catalog)) : 'fleet is away'
}

/** The last success, and a later attempt that did not succeed. Escaped. */
function pastText({ good, last, unreadable }: Past, { now }: Seen): readonly string[] {
  const failure = lastFailureText(last, now)
  const failed = failure === null ? [] : [`*${failure}*`]
  if (good !== null) {
    const release = good.release === null ? '' : `${words(releaseName(good.release))}, `
    return [`last good: ${release}rollout ${good.id}, ${ago(good.at, now)}, by ${words(good.by)}`, ...failed]
  }
  // An unreadable record may be that of a success.
  if (unreadable.length > 0) return failed
  return [last === null ? 'never rolled out from here' : 'no successful deploy yet', ...failed]
}

/** The number of such a rollout cannot be read either. */
const hiddenText = (target: Target, { hidden }: Seen): readonly string[] =>
  hidden.some((one) => sameTarget(one, target)) ? ['*a rollout is in progress*, and its record cannot be read'] : []

interface Start {
  readonly at: number
  readonly machine: string | null
}

interface Starts {
  readonly byUnit: ReadonlyMap<string, Start>
  readonly unreadable: readonly Unreadable[]
}

/** When our own rollouts last made each instance anew: those of the last three, and of the live one. */
async function startsOf(target: Target, live: Rollout | undefined, read: Readers): Promise<Starts> {
  const { rows, unreadable } = await read.rollouts.history({ ...target, limit: 3, before: null })
  const ended = await Promise.all(rows.map((row) => readable(read.rollouts.get(row.id))))
  const byUnit = new Map<string, Start>()
  for (const one of [...ended.reverse(), { kind: 'read' as const, value: live ?? null }]) {
    const rollout = one.kind === 'read' ? one.value : null
    for (const instance of rollout?.instances ?? []) {
      const at = instance.startedAt
      if (at !== null && instance.replaced) byUnit.set(instance.unit, { at, machine: instance.machine?.id ?? null })
    }
  }
  return { byUnit, unreadable: [...unreadable, ...ended.flatMap(faultIn)] }
}

interface Health {
  readonly text: readonly string[]
  /** When the process says that it started; null when it does not. */
  readonly since: number | null
  /** What it says of its release. */
  readonly says: string | null
}

async function healthOf(
  service: string,
  units: readonly UnitView[],
  read: Readers,
): Promise<ReadonlyMap<string, Health>> {
  const answers = await Promise.all(
    units.filter(isRunning).map(async (unit): Promise<readonly [string, Health]> => {
      const ip = addressOf(unit)
      const result = ip === null ? null : await read.health.check(service, ip)
      if (result === null) return [unit.unit, { text: [], since: null, says: null }]
      if (result.kind === 'healthy')
        return [unit.unit, { text: ['healthy'], since: startIn(result.identity), says: result.says ?? null }]
      return [unit.unit, { text: [`*not healthy* (${words(result.reason)})`], since: null, says: null }]
    }),
  )
  return new Map(answers)
}

/** An identity is any text; where it is a time, it is the process's start. */
export function startIn(identity: string | null): number | null {
  if (identity === null) return null
  if (/^\d{4}-\d\d-\d\dT/.test(identity)) return Number.isNaN(Date.parse(identity)) ? null : Date.parse(identity)
  if (/^1\d{12}$/.test(identity)) return Number(identity)
  return /^1\d{9}(?:\.\d+)?$/.test(identity) ? Math.floor(Number(identity) * 1000) : null
}

function announcedText(unit: UnitView, mine: readonly Announcement[], expected: boolean): readonly string[] {
  const ips = new Set(unit.reports.map((report) => report.ip))
  const here = mine.filter((one) => ips.has(one.ip))
  if (here.length > 0) return [`announced on ${here.map((one) => `:${one.port}`).join(' ')}`]
  return mine.length > 0 || expected ? ['not announced'] : []
}

function ageText(unit: UnitView, since: number | null, start: Start | undefined, now: number): readonly string[] {
  const restarts = unit.flaps > 0 ? [`*restarting* (seen ${unit.flaps} times)`] : []
  if (since !== null && since <= now) return [`up ${span(now - since)}`, ...restarts]
  const sameMachine = start !== undefined && unit.reports.some((report) => report.machine === start.machine)
  return sameMachine ? [`replaced ${ago(start.at, now)}`, ...restarts] : restarts
}
