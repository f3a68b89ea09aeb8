import { isAt, isOf, parseAnnouncement, type Announcement } from '../domain/announcement.ts'
import { choosePort } from '../domain/choose-port.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { StoreUnavailable, type Entry, type StoreReader } from '../ports/store.ts'
import type { AnnouncedPort } from '../rollout/ask-gate.ts'
import type { Announced, Readers } from './capabilities.ts'

const pageSize = 1000
/** The longest list that is read: more entries end it with `complete: false`. */
const mostPages = 100
/** Up to this number of services, each is read by its own prefix. */
const fewNames = 4

/**
 * Reads the announcements in etcd. `store` sees the keys below the configured discovery prefix. `known` are the names of
 * all configured services: `api-8080` is not a port of `api` where it is a service of its own.
 */
export function createDiscovery(store: StoreReader, known: ReadonlySet<string> = new Set()): Readers['discovery'] {
  const below = async (prefix: string): Promise<{ readonly entries: readonly Entry[]; readonly complete: boolean }> => {
    const entries: Entry[] = []
    for (let pages = 0; pages < mostPages; pages += 1) {
      const last = entries.at(-1)?.key
      const page = await store.range(prefix, { limit: pageSize, ...(last === undefined ? {} : { after: last }) })
      entries.push(...page.entries)
      if (!page.more) return { entries, complete: true }
    }
    return { entries, complete: false }
  }
  return {
    async announced(names) {
      const few = names !== 'all' && names.length <= fewNames
      const prefixes = few ? names.flatMap((name) => [`${name}/`, `${name}-`]) : ['']
      const lists = await Promise.all([...new Set(prefixes)].map(below))
      // One prefix may hold another: `api-` holds `api-web/`.
      const entries = new Map(lists.flatMap((list) => list.entries.map((entry) => [entry.key, entry] as const)))
      const announced = announcedIn(
        [...entries.values()],
        lists.every(({ complete }) => complete),
      )
      return names === 'all' ? announced : only(announced, names, known)
    },
  }
}

function announcedIn(entries: readonly Entry[], complete: boolean): Announced {
  const list: Announcement[] = []
  const unreadable: string[] = []
  for (const { key, value } of entries) {
    const one = parseAnnouncement(key, value)
    if (one !== null) list.push(one)
    else if (key.includes('/')) unreadable.push(key)
  }
  return { list, unreadable, complete }
}

function only(
  { list, unreadable, complete }: Announced,
  names: readonly string[],
  known: ReadonlySet<string>,
): Announced {
  const wanted = (one: Announcement): boolean =>
    names.some((name) => isOf(one, name) && (one.service === name || !known.has(one.service)))
  return {
    list: list.filter(wanted),
    unreadable: unreadable.filter((key) => {
      const [service = ''] = key.split('/', 1)
      return names.includes(service) || names.includes(service.replace(/-\d+$/, ''))
    }),
    complete,
  }
}

/** Finds the port that an instance announced, for health gates. Answers of a service are shared for a second. */
export function createAnnouncedPorts(
  discovery: Readers['discovery'],
  announcedAs: (service: string) => string,
  clock: Clock,
  log: Log,
): AnnouncedPort {
  const last = new Map<string, { readonly at: number; readonly answer: Promise<Announced> }>()
  const read = (name: string): Promise<Announced> => {
    const now = clock.monotonic()
    const before = last.get(name)
    if (before !== undefined && now - before.at <= 1000) return before.answer
    const answer = discovery.announced([name])
    last.set(name, { at: now, answer })
    return answer
  }
  return async (wanted) => {
    const name = announcedAs(wanted.service)
    try {
      const { list, unreadable, complete } = await read(name)
      const chosen = choosePort(
        list.filter((one) => isAt(one, wanted.ip)),
        wanted,
      )
      if (chosen.kind !== 'not-announced') return chosen
      if (!complete) return { kind: 'unknown', reason: 'the list there is too long to be read in full' }
      const [key] = unreadable
      return key === undefined ? chosen : { kind: 'unknown', reason: `${key} there does not hold ip:port` }
    } catch (error) {
      last.delete(name)
      log.warn({ err: error }, 'announced ports cannot be read')
      const reason =
        error instanceof StoreUnavailable
          ? 'etcd did not answer'
          : 'the announcements there could not be read (see the log)'
      return { kind: 'unknown', reason }
    }
  }
}
