import { query } from '../src/command/define.ts'
import { optional, service, tier } from '../src/command/fields.ts'
import { announcedName } from '../src/command/parts/announced-name.ts'
import { glanceAt, leftText, wantedText } from '../src/command/parts/fleet.ts'
import { notThere, targetsIn } from '../src/command/parts/scopes.ts'
import { stopLine } from '../src/command/parts/stop-text.ts'
import { targetBlock, targetLine, type Seen } from '../src/command/parts/target-status.ts'
import { concerning, unreadableLines } from '../src/command/parts/unreadable.ts'
import { done, refused, table } from '../src/command/text.ts'
import { sameTarget } from '../src/domain/target.ts'
import type { Unreadable } from '../src/domain/unreadable.ts'
import { words } from '../src/domain/wording.ts'

export default query({
  summary: 'What runs, what rolls and what is locked: one line for each target, or every instance of those you name.',
  notes:
    'What runs is read anew each time. What is wanted may be up to a minute old where nothing has changed since it was read; the answer says so then.',
  examples: ['status', 'status production', 'status api production'],
  positionals: { service: optional(service()), tier: optional(tier()) },
  flags: {},
  async answer(args, { catalog, read }) {
    const targets = targetsIn(catalog, args.service, args.tier)
    if (targets.length === 0 && args.service !== null && args.tier !== null) {
      return refused(notThere({ service: args.service, tier: args.tier }, catalog) ?? 'Nothing is deployed there.')
    }
    // One line a target, or every instance.
    const each = args.service !== null || args.tier !== null
    const [views, locks, pins, stops, live, waiting, announced] = await Promise.all([
      glanceAt(
        targets.map((target) => target.tier),
        read,
      ),
      read.locks.all(),
      read.pins.all(),
      read.stops.all(),
      read.rollouts.allLive(),
      read.rollouts.waiting(),
      read.discovery.announced(
        each ? [...new Set(targets.map((target) => announcedName(target.service, catalog)))] : [],
      ),
    ])
    const now = read.now()
    const stopped = stops.records
      .filter(({ tier }) => targets.some((one) => one.tier === tier))
      .map((one) => stopLine(one, now))
    const seen: Seen = {
      catalog,
      read,
      views,
      waiting,
      now,
      locks: locks.records,
      pins: pins.records,
      live: live.records,
      hidden: live.hidden,
    }
    const lists = [locks, pins, stops, live].flatMap(({ unreadable }) => unreadable)
    const faults = [...lists, ...waiting.flatMap(({ unreadable }) => unreadable ?? [])]
    const unreadable = (more: readonly { readonly unreadable: readonly Unreadable[] }[]): readonly string[] =>
      unreadableLines(concerning(args.tier, [...faults, ...more.flatMap((one) => one.unreadable)]))
    const away = [...views].flatMap(([name, view]) =>
      view.kind === 'unknown' ? [`The fleet of ${name} does not answer: ${words(view.reason)}.`] : [],
    )
    const first = [...stopped, ...away, ...leftText(views), ...wantedText(views)]
    if (!each) {
      const rows = await Promise.all(targets.map((target) => targetLine(target, seen)))
      return done([...unreadable(rows), ...first, ...table(rows)], {
        rest: '`status <tier>` or `status <service>` shows a part',
      })
    }
    const blocks = await Promise.all(
      targets.map((target) => targetBlock(target, seen, announced, targets.length === 1)),
    )
    const rolling = live.records.filter((one) => targets.some((target) => sameTarget(target, one.plan)))
    return done([...unreadable(blocks), ...first, blocks.map(({ lines }) => lines.join('\n')).join('\n\n')], {
      rest: '`status <service> <tier>` shows one target',
      rollouts: rolling.map((one) => one.id),
    })
  },
})
