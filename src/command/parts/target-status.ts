import { isAt, isOf, type Announcement } from '../../domain/announcement.ts'
import type { Catalog } from '../../domain/catalog.ts'
import { restartsAfter } from '../../domain/drift-memory.ts'
import { lockCovers, lockExpired, type Lock } from '../../domain/lock.ts'
import type { Pin } from '../../domain/pin.ts'
import { lastFailureText } from '../../domain/last-attempt.ts'
import { releaseName } from '../../domain/release.ts'
import type { Rollout } from '../../domain/rollout.ts'
import { sameTarget, targetText, type Target } from '../../domain/target.ts'
import type { Unreadable } from '../../domain/unreadable.ts'
import { ago, code, count, fleetStateText, personText, series, shortUnit, words } from '../../domain/wording.ts'
import type { UnitView } from '../../ports/scheduler.ts'
import type { Announced, Readers, Waiting } from '../../services/capabilities.ts'
import { table } from '../text.ts'
import { ageText, startIn, startsOf } from './ages.ts'
import { announcedName } from './announced-name.ts'
import { addressOf, copiesOf, isRunning, runningText, statesText, type Copy, type Views } from './fleet.ts'
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
  const live = seen.live.find((rollout) => sameTarget(rollout.plan, target))
  const parts = [fleetText(target, past, live, seen), ...pastText(past, seen), ...hiddenText(target, seen)]
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
  announced: Announced,
  alone: boolean,
): Promise<{ readonly lines: readonly string[]; readonly unreadable: readonly Unreadable[] }> {
  const copies = copiesOf(seen.views.get(target.tier), target, seen.catalog)
  const live = seen.live.find((rollout) => sameTarget(rollout.plan, target))
  const [releases, started, health, remembered] = await Promise.all([
    statusReleases(
      target,
      copies.map((one) => one.unit),
      alone,
      seen.read,
    ),
    startsOf(target, live, seen.read),
    healthOf(target.service, copies, seen.read),
    readable(seen.read.drift.memory(target)),
  ])
  const memory = remembered.kind === 'read' ? remembered.value : null
  const restarts = restartsAfter(memory, releases.past.last)
  const key = announcedName(target.service, seen.catalog)
  const mine = { ...announced, list: announced.list.filter((one) => isOf(one, key)) }
  const rows = copies.map(({ name, unit }) => ({
    name: `${shortUnit(unit.unit)}${name.slice(unit.unit.length)}`,
    text: [
      statesText(unit),
      ...(health.get(name)?.text ?? []),
      ...releases.textOf(unit.unit, health.get(name)?.says ?? null),
      ...announcedText(unit, mine, seen.catalog.serviceConfig(target.service).health.kind !== 'none'),
      ...ageText(unit, health.get(name)?.since ?? null, {
        start: started.byUnit.get(name),
        restarted: restarts.find((one) => one.unit === name),
        now: seen.now,
      }),
    ].join(', '),
  }))
  const head = [
    fleetText(target, releases.past, live, seen),
    ...pastText(releases.past, seen),
    ...hiddenText(target, seen),
  ]
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
  return { lines, unreadable: [...releases.past.unreadable, ...started.unreadable, ...faultIn(remembered)] }
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

function fleetText(target: Target, { meant }: Past, live: Rollout | undefined, seen: Seen): string {
  const view = seen.views.get(target.tier)
  if (view?.kind !== 'known') return 'fleet is away'
  const removed = live?.instances.filter((one) => one.task === 'remove').map((one) => one.unit) ?? []
  const units = meant?.units.filter((one) => !one.stopped && !removed.includes(one.unit)) ?? []
  return runningText(
    copiesOf(view, target, seen.catalog),
    units.map((one) => one.unit),
  )
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

interface Health {
  readonly text: readonly string[]
  /** When the process says that it started; null when it does not. */
  readonly since: number | null
  /** What it says of its release. */
  readonly says: string | null
}

async function healthOf(service: string, copies: readonly Copy[], read: Readers): Promise<ReadonlyMap<string, Health>> {
  const running = copies.filter(({ unit }) => isRunning(unit))
  const answers = await Promise.all(
    running.map(async ({ name, unit }): Promise<readonly [string, Health]> => {
      const ip = addressOf(unit)
      const result = ip === null ? null : await read.health.check(service, ip, unit.unit)
      if (result === null) return [name, { text: [], since: null, says: null }]
      if (result.kind === 'healthy')
        return [name, { text: ['healthy'], since: startIn(result.identity), says: result.says ?? null }]
      return [name, { text: [`*not healthy* (${words(result.reason)})`], since: null, says: null }]
    }),
  )
  return new Map(answers)
}

function announcedText(unit: UnitView, mine: Announced, expected: boolean): readonly string[] {
  const here = mine.list.filter((one) => unit.reports.some((report) => isAt(one, report.ip)))
  if (here.length > 0) return [`announced on ${here.map(portText).join(' ')}`]
  if (mine.list.length === 0 && !expected) return []
  return [mine.complete && mine.unreadable.length === 0 ? 'not announced' : 'announcement unknown']
}

const portText = ({ port, protocol }: Announcement): string => `:${port}${protocol === 'udp' ? '/udp' : ''}`
