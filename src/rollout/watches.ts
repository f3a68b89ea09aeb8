import { isPreparing } from '../domain/preparation.ts'
import type { Rollout } from '../domain/rollout.ts'
import type { HealthProbe } from '../ports/health.ts'
import type { Log } from '../ports/log.ts'
import type { ClusterView, SchedulerReader } from '../ports/scheduler.ts'
import type { AnnouncedPort } from './ask-gate.ts'
import { HealthWatch } from './health-watch.ts'
import type { Ownership } from './journal.ts'
import type { Observation } from './observation.ts'
import { PreparationWatch, type PreparationParts } from './preparation-watch.ts'
import { ReleaseWatch, type ReleaseParts } from './release-watch.ts'
import { wishesForMs } from './wish-watch.ts'

export interface WatchParts extends ReleaseParts, PreparationParts {
  readonly scheduler: SchedulerReader
  readonly probe: HealthProbe
  readonly announcedPort: AnnouncedPort
  readonly log: Log
  /** Longest wait for one complete look at the scheduler, in milliseconds. */
  readonly observeMs: number
}

type Watched = Pick<Observation, 'cluster' | 'health' | 'wanted' | 'announced' | 'preparation'>

/** All that one driver looks at beside the store: the fleet, the instances' health, the releases, and its own preparation. */
export class Watches {
  readonly preparation: PreparationWatch
  readonly #parts: WatchParts
  readonly #health: HealthWatch
  readonly #releases: ReleaseWatch

  constructor(own: Ownership, parts: WatchParts) {
    this.#parts = parts
    this.preparation = new PreparationWatch(own, parts)
    this.#releases = new ReleaseWatch(parts)
    this.#health = new HealthWatch(parts.probe, parts.announcedPort, parts.clock)
  }

  /** One look; while the preparation runs, at nothing but whether that is over. `hurry` ends it early. */
  async look(rollout: Rollout, hurry: AbortSignal): Promise<Watched> {
    const { scheduler, clock, observeMs } = this.#parts
    if (isPreparing(rollout)) {
      const startedAt = clock.monotonic()
      await this.preparation.wait(wishesForMs, hurry)
      const reason = 'its preparation runs'
      return { cluster: { kind: 'unknown', startedAt, endedAt: clock.monotonic(), reason }, ...this.#seen }
    }
    const [cluster] = await Promise.all([scheduler.observe(observeMs, hurry), this.#releases.look(rollout)])
    if (cluster.kind === 'known') await this.#askHealth(rollout, cluster, hurry)
    return { cluster, ...this.#seen }
  }

  get #seen(): Omit<Watched, 'cluster'> {
    return { health: this.#health.seen, ...this.#releases.seen, preparation: this.preparation.seen }
  }

  /** The checks run beside the loop; it waits a moment for quick answers, so that they count at once. */
  async #askHealth(
    rollout: Rollout,
    { units }: Extract<ClusterView, { kind: 'known' }>,
    hurry: AbortSignal,
  ): Promise<void> {
    const asked = this.#health.ask(rollout, units).catch((error: unknown) => {
      this.#parts.log.warn({ rollout: rollout.id, err: error }, 'a health check could not be made')
    })
    await Promise.race([asked, this.#parts.clock.sleep(100, hurry)])
  }
}
