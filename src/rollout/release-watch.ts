import { aimOf } from '../domain/aim.ts'
import { inFlight, type Rollout } from '../domain/rollout.ts'
import { keyOfUnit } from '../domain/proof-key.ts'
import type { Clock } from '../ports/clock.ts'
import type { WantedReleases } from '../ports/wanted-release.ts'
import type { WantedSeen } from './observation.ts'

export interface ReleaseParts {
  readonly wanted: WantedReleases
  /** What a digest is, in words for people; null when nobody knows. Never rejects. */
  readonly aboutDigest: (image: string, digest: string) => Promise<string | null>
  readonly clock: Clock
}

/** Once it was seen where it should be, the wanted release is looked at this often. */
const againMs = 2000

/** What one rollout needs to know of releases: where the wanted one is, and what instances wrote about theirs. */
export class ReleaseWatch {
  readonly #parts: ReleaseParts
  #wanted: WantedSeen | null = null
  #readAt = Number.NEGATIVE_INFINITY
  #announced: ReadonlyMap<string, string | null> = new Map()

  constructor(parts: ReleaseParts) {
    this.#parts = parts
  }

  get seen(): { readonly wanted: WantedSeen | null; readonly announced: ReadonlyMap<string, string | null> } {
    return { wanted: this.#wanted, announced: this.#announced }
  }

  /** Looks where that is due. Never rejects. */
  async look(rollout: Rollout): Promise<void> {
    await Promise.all([this.#lookWanted(rollout), this.#lookAnnounced(rollout)])
  }

  async #lookWanted(rollout: Rollout): Promise<void> {
    const aim = aimOf(rollout)
    if (aim === null) return
    const { clock, wanted, aboutDigest } = this.#parts
    const settled = rollout.release?.stage === 'moved' && this.#wanted?.kind === 'known'
    if (settled && clock.monotonic() - this.#readAt < againMs) return
    const now = await wanted.read(aim.at)
    this.#readAt = clock.monotonic()
    if (now.kind === 'unknown') {
      this.#wanted = now
      return
    }
    const expected = now.digest === null || [aim.from, aim.to.digest].includes(now.digest)
    const about = expected || now.digest === null ? null : await aboutDigest(aim.at.image, now.digest)
    this.#wanted = { ...now, about }
  }

  async #lookAnnounced(rollout: Rollout): Promise<void> {
    const proof = rollout.plan.release?.proof
    if (proof?.by !== 'key') return
    const moving = rollout.instances.filter((one) => inFlight(one) || one.stage === 'waiting')
    // Its last words are of all of them.
    const due = moving.length === 0 ? rollout.instances : moving
    const answers = await Promise.all(
      due.map(async ({ unit }) => [unit, await this.#parts.wanted.announced(keyOfUnit(proof.key, unit))] as const),
    )
    const known = new Map(this.#announced)
    for (const [unit, answer] of answers) if (answer.kind === 'known') known.set(unit, answer.value)
    this.#announced = known
  }
}
