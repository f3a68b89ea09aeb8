import { z } from 'zod'
import { clockText, type Asked, type Change, type Evidence, type Violation } from './evidence.ts'
import { livesOf, runningBetween, type Lives } from './lives.ts'
import { pidOf } from './one-driver.ts'
import { aimAt, isLook, pathOf } from './aims.ts'
import { contentOf, isMissing, type Story, type Version } from './story.ts'
import { threadOf } from './thread.ts'
import { releasesTold, type ToldReleases } from './told-releases.ts'

const current = z.object({ release: z.object({ digest: z.string() }).nullable() })

/** The second half of invariant 7. What changed after a rollout ended, or too late to be seen, is nobody's fault. */
export function agreedAtTheEnd(evidence: Evidence, story: Story, lives: Lives): Violation[] {
  const { ended } = story
  const path = pathOf(story)
  const aim = ended === null ? null : aimAt(ended)
  if (ended === null || path === null || aim === null) return []
  const lines = threadOf(evidence, story).filter((line) => line.startsWith('Releases: '))
  const told = lines.length === 1 ? releasesTold(lines[0] ?? '') : null
  const say = (message: string): Violation => ({
    invariant: 7,
    rollout: story.id,
    message: `ended as ${ended.is.phase} at ${clockText(ended.change.by)}, its thread says ${lines.length === 0 ? 'that all of it agrees' : `"${lines.join('" and "')}"`}, and ${message}`,
  })
  const well = ended.is.phase === 'succeeded' || ended.is.phase === 'rolled-back'
  if ((told === null && lines.length > 0) || (lines.length === 0 && !well))
    return [say('that says nothing of releases')]
  return [
    ...currentIs(evidence.changes, story, ended).map(say),
    ...tagIs(evidence, { story, ended, path, aim, told }).map(say),
    ...instancesRun({ lagMs: evidence.lagMs, story, ended, aim, told }, lives).map(say),
  ]
}

/** `current` is written with the last record of what succeeded, and by nothing else. */
function currentIs(changes: readonly Change[], { target }: Story, { change, is }: Version): readonly string[] {
  const key = `targets/${target}/current`
  const written = changes.find((one) => one.key === key && one.revision === change.revision)
  if (is.phase !== 'succeeded') return written === undefined ? [] : ['current was written']
  const digest = written === undefined ? null : (current.parse(contentOf(written)).release?.digest ?? null)
  return digest === is.plan.release?.to.digest ? [] : [`current holds ${digest ?? 'no release'}`]
}

interface AtTheEnd {
  readonly ended: Version
  readonly aim: string
  /** Null: the thread says nothing, so that all of it agrees. */
  readonly told: ToldReleases | null
}

/** By what the registry had answered to who drove it, and by what it answers now, where nobody pushed since. */
function tagIs(
  { asked, named, lagMs }: Evidence,
  { story, ended, path, aim, told }: AtTheEnd & { readonly story: Story; readonly path: string },
): readonly string[] {
  const says = told === null ? aim : told.names
  if (says === null) return []
  const { by, revision } = ended.change
  const owner = story.owners.findLast(({ from }) => from.revision < revision)
  const answered = asked.filter(
    (one) =>
      isLook(one, path) &&
      one.heard &&
      (one.status === 200 || one.status === 404) &&
      one.doneAt !== null &&
      one.doneAt <= by &&
      owner !== undefined &&
      one.pids.includes(pidOf(owner.driver)),
  )
  const lately = answered.filter(({ at }) => at >= by - lagMs)
  const looks = [...answered.filter(({ at }) => at < by - lagMs).slice(-1), ...lately]
  const shown = [...new Set(looks.map(nameIn))]
  if (!shown.some((one) => one.startsWith(says))) {
    return [`the registry had told it, in the last ${lagMs / 1000} s or before: ${shown.join(', ') || 'nothing'}`]
  }
  const seenAt = looks.find((one) => nameIn(one).startsWith(says))?.at ?? 0
  const now = named.get(path) ?? 'nothing'
  // A push without an answer may have been done at any time.
  const moved = asked.some((one) => one.method === 'PUT' && one.path === path && (one.doneAt ?? Infinity) >= seenAt)
  return moved || now.startsWith(says) ? [] : [`the registry names ${now} since then`]
}

const nameIn = ({ status, digest }: Asked): string => (status === 404 ? 'nothing' : (digest ?? 'nothing'))

/** By the processes of the instances: what the thread says of each was so at some moment shortly before. */
function instancesRun(
  { lagMs, story, ended, aim, told }: AtTheEnd & { readonly lagMs: number; readonly story: Story },
  lives: Lives,
): readonly string[] {
  const { by } = ended.change
  return ended.is.instances.flatMap((instance) => {
    const { unit, stage } = instance
    if (isMissing(instance)) return []
    const word = told === null ? (stage === 'done' ? 'it' : null) : told.runs.get(unit.replace(/\.service$/, ''))
    if (word === undefined) return [`says nothing of ${unit}`]
    if (word === null) return []
    const says = word === 'it' ? aim : word
    const ran = runningBetween(livesOf(lives, story, unit), by - lagMs, by).map(
      ({ runs }) => runs ?? 'what it did not say',
    )
    return ran.some((one) => one.startsWith(says))
      ? []
      : [`${unit} ran ${ran.join(', ') || 'nothing'}, and not ${says}`]
  })
}
