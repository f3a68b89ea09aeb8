import type { RolloutEvent } from '../domain/event.ts'
import type { Rollout } from '../domain/rollout.ts'
import type { Announcement } from '../ports/webhooks.ts'

/** One event as whoever is told outside reads it: docs/hooks.md. `redact` masks secrets in what people typed. */
export function announcementOf(
  { rollout: number, seq, at, fact }: RolloutEvent,
  rollout: Rollout,
  redact: (text: string) => string,
): Announcement {
  const { plan, requestedBy, reason, instances, createdAt, begunAt, endedAt } = rollout
  const id = `r${number}.e${seq}`
  const why = 'reason' in fact ? fact.reason : null
  const by = 'by' in fact ? fact.by : null
  const body = {
    id,
    event: fact.kind,
    at: timeText(at),
    /** Why, in words; null for none. */
    why: why === null ? null : redact(why),
    /** Who did this; null for nobody in particular. */
    by,
    rollout: {
      id: number,
      kind: plan.kind,
      service: plan.service,
      tier: plan.tier,
      // As it is when this is sent, which may be later than the event.
      phase: fact.kind === 'ended' ? fact.phase : rollout.phase,
      requestedBy,
      command: redact(rollout.command),
      reason: reason === null ? null : redact(reason),
      /** What it brings there; null where nothing is known of releases. */
      release: plan.release?.to ?? null,
      instances: instances.length,
      done: instances.filter((one) => one.stage === 'done').length,
      createdAt: timeText(createdAt),
      begunAt: begunAt === null ? null : timeText(begunAt),
      endedAt: endedAt === null ? null : timeText(endedAt),
    },
  }
  return { id, event: fact.kind, body: JSON.stringify(body) }
}

const timeText = (ms: number): string => new Date(ms).toISOString()
