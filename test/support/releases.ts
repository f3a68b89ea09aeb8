import type { WantedReleases } from '../../src/ports/wanted-release.ts'
import type { Releases } from '../../src/services/releases.ts'

/** A shop without a registry: nothing is known of releases. */
export const noReleases: Releases = {
  at: () => null,
  whyNot: () => 'there is no registry in the configuration',
  proof: () => ({ by: 'none' }),
  wanted: async () => ({ kind: 'unknown', reason: 'there is no registry in the configuration' }),
  describe: async () => {
    throw new Error('nothing is known of releases')
  },
  resolve: async () => ({ kind: 'none', message: 'there is no registry in the configuration' }),
}

export const nothingWanted: WantedReleases = {
  moveTimeoutMs: 1000,
  read: async () => ({ kind: 'unknown', reason: 'there is no registry in the configuration' }),
  move: async () => ({ kind: 'failed', message: 'there is no registry in the configuration' }),
  announced: async () => ({ kind: 'known', value: null }),
}

/** For the parts of a driver that none of these tests needs. */
export const withoutReleases = { wanted: nothingWanted, aboutDigest: async () => null } as const
