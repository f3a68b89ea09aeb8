import type { Config } from '../config/schema.ts'
import { isKnownBuild, repositoryName, type Build } from '../domain/build.ts'
import type { Listed } from '../domain/unreadable.ts'
import type { BuildArrived, BuildTaken } from '../ports/builds.ts'
import type { Clock } from '../ports/clock.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { asBefore } from '../store/conditions.ts'
import { keys, numberIn } from '../store/keys.ts'
import { readEach } from '../store/record.ts'
import { arrivalRecord, buildRecord, counterRecord } from '../store/records.ts'

/** Builds that are looked at for what is known, and that one page shows at the most. */
const mostRead = 200

/** The builds of a service that are kept, newest first. */
export async function readBuilds(store: StoreReader, service: string): Promise<Listed<Build>> {
  const { entries } = await store.range(keys.builds(service), { reverse: true, limit: mostRead })
  return readEach(entries, buildRecord)
}

/** The tags that the bot itself moves: those of the tiers. */
export const tierTags = ({ tiers }: Pick<Config, 'tiers'>): ReadonlyMap<string, string> =>
  new Map(Object.entries(tiers).map(([tier, { tag }]) => [tier, tag ?? tier]))

export interface BuildParts {
  readonly config: Config
  readonly store: StoreReader & StoreWriter
  readonly clock: Pick<Clock, 'now'>
  /** There is a new one. */
  readonly created: () => void
}

/** Keeps what arrived, for each service that uses the image. Rejects with `StoreUnavailable`: then the sender must try again. */
export async function takeBuild(arrived: BuildArrived, parts: BuildParts): Promise<BuildTaken> {
  const services = servicesOf(arrived.repository, parts.config)
  if (services.length === 0) return { kind: 'not-ours' }
  const taken: string[] = []
  for (const service of services) if (await takeFor(service, arrived, parts)) taken.push(service)
  if (taken.length === 0) return { kind: 'known' }
  parts.created()
  return { kind: 'taken', services: taken }
}

function servicesOf(repository: string, { services }: Config): readonly string[] {
  const wanted = repositoryName(repository)
  return Object.entries(services)
    .filter(([, { image }]) => image !== undefined && repositoryName(image) === wanted)
    .map(([name]) => name)
}

/** False when it is known. A commit that lost its answer may have been applied: then the repetition finds it known, or tells it as its own. */
async function takeFor(service: string, arrived: BuildArrived, parts: BuildParts): Promise<boolean> {
  const { store, clock, config } = parts
  const moved = new Set(tierTags(config).values())
  for (;;) {
    const [counter, earlier] = await Promise.all([store.get(keys.buildCounter), readBuilds(store, service)])
    const id = (counter === null ? 0 : counterRecord.read(counter).last) + 1
    const unread = { version: null, source: null, builtAt: null }
    const repository = repositoryName(arrived.repository)
    const build: Build = { ...arrived, repository, ...unread, id, service, at: clock.now() }
    // What has no name and no digest is looked at again once the registry was asked: only then it is known from another.
    const certain = build.digest !== null || build.delivery !== null
    if (certain && isKnownBuild(build, earlier.records, (tag) => moved.has(tag))) return false
    const arrival = { id, service, stage: 'new', sending: null, settled: [] } as const
    const result = await store.commit({
      require: [asBefore(keys.buildCounter, counter), { kind: 'absent', key: keys.build(service, id) }],
      puts: [
        { key: keys.buildCounter, value: counterRecord.write({ last: id }) },
        { key: keys.build(service, id), value: buildRecord.write(build) },
        { key: keys.arrival(id), value: arrivalRecord.write({ ...arrival, settled: [] }) },
      ],
    })
    if (result.kind === 'committed') return true
  }
}

/** Deletes builds beyond the newest `keep` of each service. Bounded; safe to repeat. */
export async function pruneBuilds(store: StoreReader & StoreWriter, services: readonly string[], keep: number) {
  for (const service of services) {
    const { entries } = await store.range(keys.builds(service), { keysOnly: true, limit: keep + 100 })
    const old = entries.slice(0, Math.max(0, entries.length - keep)).map(({ key }) => key)
    const doomed = old.filter((key) => numberIn(key) !== null)
    if (doomed.length > 0) await store.commit({ require: [], puts: [], deletes: doomed })
  }
}
