import { parseAnnouncement } from '../../src/domain/announcement.ts'
import type { Announced } from '../../src/services/capabilities.ts'

/** The complete list of these announcements: pairs of a key and its value. */
export const announced = (...entries: readonly (readonly [string, string])[]): Announced => ({
  list: entries.map(([key, value]) => parseAnnouncement(key, value)).filter((one) => one !== null),
  unreadable: [],
  complete: true,
})
