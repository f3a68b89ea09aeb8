import type { Rollout } from '../domain/rollout.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Journal, Wishes } from './journal.ts'

export interface WishParts {
  readonly journal: Journal
  /** Resolves when people may want something else of this rollout, or after `ms`. */
  readonly wishNews: (id: number, ms: number, signal: AbortSignal) => Promise<void>
  readonly clock: Clock
  readonly log: Log
}

/** Wishes are read again when they are older than this; what is decided on old ones is refused by the store. */
export const wishesForMs = 1000

/** How often it is looked for an abort beside a call, should its news be lost. */
const listenMs = 5000

/** What people want of one rollout: read often enough for the loop, and heard beside it when it is an abort. */
export class WishWatch {
  readonly #id: number
  readonly #parts: WishParts
  readonly #aborted = new AbortController()
  #wishes: Wishes | null = null
  #readAt = 0

  constructor(id: number, parts: WishParts) {
    this.#id = id
    this.#parts = parts
  }

  /** Aborts once a person wants the rollout aborted: what is waited for then is waited for no longer. */
  get aborted(): AbortSignal {
    return this.#aborted.signal
  }

  /** Hears an abort beside the loop, which may be in the middle of a call that hangs. Ends with the signal; never rejects. */
  async listen(over: AbortSignal): Promise<void> {
    const { journal, wishNews, log } = this.#parts
    while (!over.aborted && !this.aborted.aborted) {
      try {
        if (await journal.isAborted(this.#id)) this.#aborted.abort()
      } catch (error) {
        // The loop says so as well, and waits.
        log.debug({ rollout: this.#id, err: error }, 'cannot look for an abort now')
      }
      if (!this.aborted.aborted) await wishNews(this.#id, listenMs, over)
    }
  }

  /** Reads them in any case. */
  async read(rollout: Rollout): Promise<Wishes> {
    const at = this.#parts.clock.monotonic()
    this.#wishes = await this.#parts.journal.wishes(rollout)
    this.#readAt = at
    return this.#wishes
  }

  /** As they are, or were a moment ago. */
  async fresh(rollout: Rollout): Promise<Wishes> {
    const known = this.#wishes
    const unheard = known?.abort === null && this.aborted.aborted
    const young = this.#parts.clock.monotonic() - this.#readAt < wishesForMs
    return known !== null && young && !unheard ? known : this.read(rollout)
  }

  /** Somebody wants something else by now: they are read again before anything is decided. */
  forget(): void {
    this.#wishes = null
  }

  /** An abort or a lock came since these were read. */
  async isStricterThan(known: Wishes, rollout: Rollout): Promise<boolean> {
    const now = await this.fresh(rollout)
    return now.abort !== known.abort || now.holds.length > known.holds.length
  }
}
