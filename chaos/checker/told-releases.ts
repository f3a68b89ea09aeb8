/** What the end of a thread says of releases; digests are as short as they stand there. */
export interface ToldReleases {
  /** What the tag names: a digest, `nothing`, or null where it says that nobody could look. */
  readonly names: string | null
  /** What each unit runs, without `.service`: a digest, `it` for the one that was to be rolled, null where it does not say. */
  readonly runs: ReadonlyMap<string, string | null>
}

const line = /^Releases: the tag \S+ of \S+ (.*); as last seen, (.*)\.$/
const digest = /sha256:[0-9a-f]{12}/

/** `Releases: the tag production of quay.io/opsee/vape names …; as last seen, vape@1 runs it, vape@2 runs sha256:….` */
export function releasesTold(text: string): ToldReleases | null {
  const [, tag, instances] = line.exec(text) ?? []
  if (tag === undefined || instances === undefined) return null
  const [, names] = /\bnames (.*)$/.exec(tag) ?? []
  return {
    names: names === undefined ? null : names.startsWith('nothing') ? 'nothing' : (digest.exec(names)?.[0] ?? null),
    runs: runsIn(instances),
  }
}

const word = /(\S+@\d+)|\b(?:runs?|do(?:es)? not say)\b(?: (it|they|sha256:[0-9a-f]{12}))?/g

function runsIn(text: string): ReadonlyMap<string, string | null> {
  const runs = new Map<string, string | null>()
  let units: string[] = []
  for (const [all, unit, what] of text.matchAll(word)) {
    if (unit !== undefined) {
      units.push(unit)
      continue
    }
    for (const one of units) runs.set(one, all.startsWith('do') ? null : (what ?? null))
    units = []
  }
  return runs
}
