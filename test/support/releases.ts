import type { Release } from '../../src/domain/release.ts'
import type { PreparationRunner } from '../../src/ports/preparation.ts'
import type { WantedReleases } from '../../src/ports/wanted-release.ts'
import type { Releases } from '../../src/services/releases.ts'

/** A shop without a registry: nothing is known of releases. */
export const noReleases: Releases = {
  at: () => null,
  whyNot: () => 'there is no registry in the configuration',
  proof: () => ({ by: 'none' }),
  wanted: async () => ({ kind: 'unknown', reason: 'there is no registry in the configuration' }),
  builds: async () => ({ kind: 'none', message: 'there is no registry in the configuration' }),
  announced: async () => ({ kind: 'known', value: null }),
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

/** A host that runs no preparation. */
export const noPreparations: PreparationRunner = {
  run: async () => ({ kind: 'not-run', reason: 'nothing is run here' }),
}

/** For the parts of a driver that none of these tests needs. */
export const withoutReleases = {
  wanted: nothingWanted,
  aboutDigest: async () => null,
  preparations: noPreparations,
} as const

/** A digest made of one hex digit. */
export const digestOf = (digit: string): string => `sha256:${digit.repeat(64)}`

/** `v` and the digit, built from a commit of its own. */
export const releaseOf = (digit: string): Release => ({
  digest: digestOf(digit),
  tag: `v${digit}`,
  revision: digit.repeat(40),
  version: null,
  source: 'https://github.com/opsee/api',
  builtAt: null,
})

/** A registry that knows these releases: `wants` says what a tier should run, by `<service> <tier>`. */
export const releasesWith = (
  wants: Readonly<Record<string, string>>,
  known: readonly Release[],
  change: Partial<Releases> = {},
): Releases => ({
  ...noReleases,
  at: ({ tier }) => ({ by: 'tag', image: 'quay.io/opsee/api', tag: tier }),
  proof: () => ({ by: 'health', field: 'digest' }),
  wanted: async ({ service, tier }) => ({ kind: 'known', digest: wants[`${service} ${tier}`] ?? null }),
  describe: async (_, digest, tag) => ({ ...(known.find((one) => one.digest === digest) ?? releaseOf('0')), tag }),
  resolve: async (_, reference) => {
    const release = known.find((one) => one.digest === reference || one.tag === reference)
    return release === undefined
      ? { kind: 'none', message: `quay.io/opsee/api has no image ${reference}` }
      : { kind: 'release', release }
  },
  builds: async () => ({
    kind: 'builds',
    left: 0,
    without: null,
    unreadable: [],
    builds: known.map(({ digest, tag, revision, builtAt }) => {
      return { digest, tags: tag === null ? [] : [tag], revision, builtAt, toldAt: null, untagged: false }
    }),
  }),
  ...change,
})
