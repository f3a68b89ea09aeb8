import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { StoreUnavailable, type StoreReader } from '../ports/store.ts'
import type { AnnouncedPort } from '../rollout/ask-gate.ts'
import type { Announcement, Readers } from './capabilities.ts'

/** The longest list of announcements that is read at once. */
const mostAnnouncements = 5000

/**
 * What announced itself in etcd, in registrator's layout: `<service>/<host>:<container>:<port>` with the value `ip:port`.
 * `store` sees the keys below the configured discovery prefix. A key that does not fit is left out.
 */
export function createDiscovery(store: StoreReader): Readers['discovery'] {
  return {
    async announced() {
      const { entries } = await store.range('', { limit: mostAnnouncements })
      return entries.map((entry) => parseAnnouncement(entry.key, entry.value)).filter((one) => one !== null)
    },
  }
}

export function parseAnnouncement(key: string, value: string): Announcement | null {
  const cut = key.indexOf('/')
  const address = /^(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})$/.exec(value.trim())
  if (cut <= 0 || cut === key.length - 1 || address === null) return null
  const port = Number(address[2])
  if (port < 1 || port > 65_535) return null
  return { service: key.slice(0, cut), id: key.slice(cut + 1), ip: address[1] ?? '', port }
}

/** The port that a service announced at an address, for health gates. Answers within a second are shared. */
export function createAnnouncedPorts(
  discovery: Readers['discovery'],
  announcedAs: (service: string) => string,
  clock: Clock,
  log: Log,
): AnnouncedPort {
  let last: { readonly at: number; readonly answer: Promise<readonly Announcement[]> } | null = null
  return async (service, ip) => {
    const now = clock.monotonic()
    if (last === null || now - last.at > 1000) last = { at: now, answer: discovery.announced() }
    try {
      const name = announcedAs(service)
      const found = (await last.answer).find((one) => one.service === name && one.ip === ip)
      return found === undefined ? { kind: 'not-announced' } : { kind: 'port', port: found.port }
    } catch (error) {
      last = null
      log.warn({ err: error }, 'announced ports cannot be read')
      const reason =
        error instanceof StoreUnavailable
          ? 'etcd did not answer'
          : 'what stands there could not be read (the log says why)'
      return { kind: 'unknown', reason }
    }
  }
}
