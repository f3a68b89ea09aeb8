import type { PreparationEnd, PreparationRunner } from '../../../src/ports/preparation.ts'
import type { ModelProcess } from './process.ts'
import type { Timeline } from './timeline.ts'

/** A command that takes seconds, on the host of whoever starts it: it goes on when that one is killed, and nobody hears of its end. */

/** How the next ones end; `refused` is by the bot itself, which starts nothing then. */
export type PreparationManner = 'well' | 'fails' | 'hangs' | 'refused'

export interface PreparationTold {
  began(rollout: number): void
  /** By itself, and well. */
  done(rollout: number): void
}

const limitMs = 20_000
const killedAfterMs = 400

export function createPreparations(parts: {
  readonly timeline: Timeline
  readonly process: ModelProcess
  readonly random: () => number
  readonly manner: () => PreparationManner
  readonly told: PreparationTold
}): PreparationRunner {
  const { timeline, process, random, manner, told } = parts
  return {
    run: ({ rollout }, { signal, mayBegin }) =>
      new Promise((resolve) => {
        const how = manner()
        if (how === 'refused' || signal.aborted || !mayBegin()) {
          resolve({ kind: 'not-run', reason: 'it was not to be run' })
          return
        }
        const began = timeline.now
        told.began(rollout)
        let over = false
        const end = (kind: 'exit' | 'timeout' | 'ended', code = 0): void => {
          if (over) return
          over = true
          if (kind === 'exit' && code === 0) told.done(rollout)
          const written = { tookMs: timeline.now - began, output: '', cut: false }
          const result: PreparationEnd = kind === 'exit' ? { kind, code, ...written } : { kind, dead: true, ...written }
          process.deliver(() => resolve(result))
        }
        if (how !== 'hangs') timeline.after(300 + random() * 6000, () => end('exit', how === 'well' ? 0 : 1))
        timeline.after(limitMs, () => end('timeout'))
        signal.addEventListener('abort', () => void timeline.after(random() * killedAfterMs, () => end('ended')), {
          once: true,
        })
      }),
  }
}
