import { isPreparing, type PreparationFault, type PreparationState } from '../domain/preparation.ts'
import type { Rollout } from '../domain/rollout.ts'
import type { Clock } from '../ports/clock.ts'
import type { PreparationEnd, PreparationOrder, PreparationRunner } from '../ports/preparation.ts'
import type { Ownership } from './journal.ts'
import type { PreparationSeen } from './observation.ts'
import { outputTail } from './output-tail.ts'

export interface PreparationParts {
  readonly preparations: PreparationRunner
  /** Takes what must not be shown out of a text. */
  readonly redact: (text: string) => string
  readonly clock: Clock
}

interface Signals {
  /** A person wants the rollout aborted. */
  readonly aborted: AbortSignal
  /** The lease is lost, or this process was told to stop and has waited long enough. */
  readonly cut: AbortSignal
}

/** A lease that ends sooner is as good as lost: nothing is started under it. In milliseconds. */
const leaseMarginMs = 1000

/**
 * The preparation that one driver runs, beside its loop. It is started only where the stored record says so, by the very driver
 * that wrote that, while the lease is surely held: whoever takes the rollout over starts nothing.
 */
export class PreparationWatch {
  readonly #own: Ownership
  readonly #parts: PreparationParts
  readonly #halt = new AbortController()
  /** What this driver asked the store to keep, as it was about to start it; more than one where the store did not answer. */
  readonly #intents: PreparationState[] = []
  #over: Promise<void> | null = null
  #seen: PreparationSeen | null = null

  constructor(own: Ownership, parts: PreparationParts) {
    this.#own = own
    this.#parts = parts
  }

  get seen(): PreparationSeen | null {
    return this.#seen
  }

  /** It runs, or what came of it is not in the record yet. */
  get pending(): boolean {
    return this.#seen !== null
  }

  get running(): boolean {
    return this.#seen?.kind === 'running'
  }

  /** What is about to be stored. */
  intend(before: Rollout, next: Rollout): void {
    if (!isPreparing(before) && isPreparing(next) && next.preparation !== null) this.#intents.push(next.preparation)
  }

  /** What is stored: starts what this driver meant to start, once, and forgets what is over. Ends with the signals. */
  follow(rollout: Rollout, signals: Signals): void {
    if (!isPreparing(rollout)) {
      if (!this.running) this.#seen = null
      return
    }
    const { preparation, plan } = rollout
    const mine = this.#intents.some((one) => one.since === preparation?.since && one.driver === preparation.driver)
    if (!mine || plan.preparation === null || this.#over !== null) return
    this.#seen = { kind: 'running' }
    const { service, tier, release } = plan
    this.#over = this.#run(
      {
        service,
        tier,
        rollout: rollout.id,
        preparation: plan.preparation,
        release: release === null ? null : { image: release.at.image, to: release.to },
      },
      signals,
    )
  }

  async #run(order: PreparationOrder, { aborted, cut }: Signals): Promise<void> {
    const { preparations, clock } = this.#parts
    const { lease } = this.#own
    const signal = AbortSignal.any([this.#halt.signal, aborted, cut])
    const mayBegin = (): boolean => !lease.lost.aborted && lease.remainingMs() > leaseMarginMs
    while (!signal.aborted && !mayBegin()) await clock.sleep(50, signal)
    const end = await preparations.run(order, { signal, mayBegin })
    this.#seen = this.#seenAs(end, aborted.aborted ? 'abort' : 'stop')
  }

  /** Resolves when it is over or runs nowhere, after `ms`, or when the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.running || this.#over === null || signal.aborted) return
    const enough = new AbortController()
    const hurry = (): void => enough.abort()
    signal.addEventListener('abort', hurry, { once: true })
    await Promise.race([this.#parts.clock.sleep(ms, enough.signal), this.#over])
    signal.removeEventListener('abort', hurry)
    enough.abort()
  }

  /** Ends it, and resolves when nothing of it runs any more. */
  async end(): Promise<void> {
    this.#halt.abort()
    await this.#over
  }

  #seenAs(end: PreparationEnd, by: 'abort' | 'stop'): PreparationSeen {
    if (end.kind === 'not-run') {
      return { kind: 'failed', fault: end, tookMs: null, output: { lines: [], cut: false } }
    }
    const output = outputTail(end, this.#parts.redact)
    const tookMs = Math.max(0, Math.round(end.tookMs))
    return end.kind === 'exit' && end.code === 0
      ? { kind: 'done', tookMs, output }
      : { kind: 'failed', fault: faultOf(end, by), tookMs, output }
  }
}

function faultOf(end: Exclude<PreparationEnd, { kind: 'not-run' }>, by: 'abort' | 'stop'): PreparationFault {
  switch (end.kind) {
    case 'exit':
      return { kind: 'exit', code: end.code }
    case 'signal':
      return { kind: 'signal', signal: end.signal }
    case 'timeout':
      return { kind: 'timeout', dead: end.dead }
    case 'ended':
      return { kind: 'ended', by, dead: end.dead }
  }
}
