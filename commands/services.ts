import { query } from '../src/command/define.ts'
import { optional, service, tier } from '../src/command/fields.ts'
import { announcedName } from '../src/command/parts/announced-name.ts'
import { copiesOf, isRunning, lookAt, runningText, type Views } from '../src/command/parts/fleet.ts'
import { notThere } from '../src/command/parts/scopes.ts'
import { done, refused, table } from '../src/command/text.ts'
import { addressText, isAt, isOf, type Announcement } from '../src/domain/announcement.ts'
import type { Catalog } from '../src/domain/catalog.ts'
import { code, count, shortUnit, words } from '../src/domain/wording.ts'

export default query({
  summary: 'What is announced in etcd, beside what fleet runs.',
  examples: ['services', 'services api', 'services api production'],
  positionals: { service: optional(service()), tier: optional(tier()) },
  flags: {},
  async answer(args, { catalog, read }) {
    const { service, tier } = args
    if (service !== null && tier !== null) {
      const fault = notThere({ service, tier }, catalog)
      if (fault !== null) return refused(fault)
    }
    const names = service === null ? 'all' : [announcedName(service, catalog)]
    const [views, { list: announced, unreadable, complete }] = await Promise.all([
      lookAt(tier === null ? catalog.tiers : [tier], read),
      read.discovery.announced(names),
    ])
    const faults = [
      ...unreadable.map((key) => `${code(key)} is not an announcement: its value must be ip:port.`),
      ...(complete ? [] : [`The list of announcements is too long to be read in full: ${announced.length} were read.`]),
    ]
    const away = [...views].flatMap(([tier, view]) =>
      view.kind === 'unknown' ? [`The fleet of ${tier} does not answer: ${words(view.reason)}.`] : [],
    )
    if (service !== null) {
      const one = compare(service, { catalog, tier, views, announced })
      return done([...away, ...faults, `*${service}*: ${one.text}`, ...addresses(one), ...differences(one)])
    }
    const there = catalog.services.filter((name) => tier === null || catalog.tiersOf(name).includes(tier))
    const all = there.map((name) => compare(name, { catalog, tier, views, announced }))
    const known = catalog.services.map((name) => announcedName(name, catalog))
    const others = announced.filter((one) => !known.some((name) => isOf(one, name)))
    const strangers = [...new Set(others.map((one) => one.service))].sort()
    return done(
      [
        ...away,
        ...faults,
        ...table(all.map((one) => ({ name: one.service, text: one.text }))),
        ...all.flatMap(differences),
        ...(strangers.length === 0
          ? []
          : [`Announced too, and not in the configuration: ${strangers.map(code).join(', ')}.`]),
      ],
      { rest: '`services <name>` shows one' },
    )
  },
})

const isAmong = (one: Announcement, ips: readonly string[]): boolean => ips.some((ip) => isAt(one, ip))

interface Running {
  readonly tier: string
  readonly unit: string
  readonly ips: readonly string[]
}

interface Compared {
  readonly service: string
  readonly text: string
  readonly announced: readonly Announcement[]
  readonly running: readonly Running[]
  /** Every fleet answered, so that what is missing is missing. */
  readonly complete: boolean
}

function compare(
  service: string,
  seen: {
    readonly catalog: Catalog
    /** Null: all of them. */
    readonly tier: string | null
    readonly views: Views
    readonly announced: readonly Announcement[]
  },
): Compared {
  const { catalog, views } = seen
  const name = announcedName(service, catalog)
  const announced = seen.announced.filter((one) => isOf(one, name))
  const asked = catalog.tiersOf(service).filter((name) => seen.tier === null || name === seen.tier)
  const tiers = asked.map((tier) => ({
    tier,
    known: views.get(tier)?.kind === 'known',
    copies: copiesOf(views.get(tier), { service, tier }, catalog),
  }))
  const running = tiers.flatMap(({ tier, copies }) =>
    copies
      .filter(({ unit }) => isRunning(unit))
      .map(({ name: label, unit }) => ({ tier, unit: label, ips: unit.reports.flatMap((report) => report.ip ?? []) })),
  )
  const places = count(new Set(announced.map(addressText)).size, 'address')
  const fleets = tiers.map(({ tier, known, copies }) => `${tier} ${known ? runningText(copies, []) : 'unknown'}`)
  const text = `announced at ${places.replace(/addresss$/, 'addresses')}; fleet: ${fleets.join(', ')}`
  return { service, text, announced, running, complete: seen.tier === null && tiers.every(({ known }) => known) }
}

const addresses = (one: Compared): readonly string[] =>
  table(
    one.announced.map((announcement) => {
      const runner = one.running.find((running) => isAmong(announcement, running.ips))
      const what = runner === undefined ? words(announcement.id) : `${shortUnit(runner.unit)} in ${runner.tier}`
      return { name: `${addressText(announcement)}${announcement.protocol === 'udp' ? '/udp' : ''}`, text: what }
    }),
  )

/** What is announced and does not run, and what runs and is not announced by a service that announces itself. */
function differences(one: Compared): readonly string[] {
  const stale = one.announced.filter((announced) => !one.running.some((running) => isAmong(announced, running.ips)))
  const silent = one.running.filter((running) => !one.announced.some((announced) => isAmong(announced, running.ips)))
  return [
    ...(one.complete ? stale : []).map(
      (announced) =>
        `${code(one.service)}: ${words(addressText(announced))} is announced, but fleet runs nothing of it there.`,
    ),
    ...(one.announced.length === 0 ? [] : silent).map(
      (running) => `${code(one.service)}: ${shortUnit(running.unit)} runs in ${running.tier}, but is not announced.`,
    ),
  ]
}
