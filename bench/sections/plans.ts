import type { BenchOptions } from '../options.ts'
import { socketsAtOnce, type PlansResult, type Timed } from '../plans.ts'
import type { Stats } from '../stats.ts'
import { met, table, times } from '../text.ts'

const goalMs = 1000

export function plansText(result: PlansResult, { plans }: BenchOptions): string[] {
  const { targets, bare, looked, planned, fleets } = result
  const ms = ({ n, median, p99 }: Stats): string[] => [String(n), `${median.toFixed(0)} ms`, `${p99.toFixed(0)} ms`]
  const row = (name: string, timed: Timed, raw: Timed | null): string[] => [
    name,
    ...ms(timed.ms),
    String(timed.requests),
    raw === null ? '1' : times(timed.ms.median, raw.ms.median),
  ]
  const { cold } = planned
  return [
    `## Plans of ${plans.services} services in two tiers`,
    `A real registry with a build of its own for each tier of each service, two fleets with ${plans.instancesEach} of each service, and etcd, all on loopback. ` +
      `All ${targets} targets are asked for at once. Cold is a bot that has just been started: it has no connection to the registry and knows no image. Warm is the ` +
      "same once more: what a digest's manifest and configuration say never changes and is not asked for again. The bare loop is plain `fetch`, " +
      `${socketsAtOnce} at a time, the same questions one after the other: a HEAD for the digest of the tier's tag, and, cold, its manifest and its configuration. ` +
      'Of a tag whose image it does not know the bot asks for the manifest at once, without a HEAD before it. ' +
      'A plan also waits for one look at its fleet (three lists of each of the two, side by side, one look for all plans) and reads locks, stops, pins, the live rollout and the last ' +
      'good release from etcd. All but the servers is one process. Requests are those to the registry.',
    table(
      ['for all targets', 'values', 'median', 'p99', 'requests', 'of the bare loop'],
      [
        row('bare loop, cold', bare.cold, null),
        row('tag → digest → labels, cold', looked.cold, bare.cold),
        row('bare loop, warm', bare.warm, null),
        row('tag → digest → labels, warm', looked.warm, bare.warm),
        row('plans, cold', cold, bare.cold),
        row('plans, warm', planned.warm, bare.warm),
        ['one look at both fleets', ...ms(fleets), '', ''],
      ],
    ),
    `${targets} plans from nothing under 1 s: ${met(cold.ms.median <= goalMs)}; with what is known: ${met(planned.warm.ms.median <= goalMs)}; ` +
      `the release of every target from nothing under 1 s: ${met(looked.cold.ms.median <= goalMs)}.`,
  ]
}
