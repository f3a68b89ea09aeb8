import type { Clock } from '../../ports/clock.ts'
import { Places } from './places.ts'

/** A method's share: `perMinute` calls in the long run, `burst` at once, of which `reserve` are for final states alone. */
interface Rate {
  readonly perMinute: number
  readonly burst: number
  readonly reserve: number
}

/** Limits by Web API method; `perChannel` binds posts into one channel besides. */
export interface Limits {
  readonly methods: Readonly<Record<string, Rate>>
  readonly perChannel: Rate
}

/**
 * Below Slack's published tiers (tier 2: 20, tier 3: 50, tier 4: 100 a minute and method; one post a second and channel, and
 * "several hundred" a minute in a workspace; https://docs.slack.dev/apis/web-api/rate-limits).
 */
export const SLACK_LIMITS: Limits = {
  methods: {
    'chat.postMessage': { perMinute: 200, burst: 20, reserve: 5 },
    'chat.update': { perMinute: 40, burst: 10, reserve: 3 },
    'chat.postEphemeral': { perMinute: 80, burst: 20, reserve: 0 },
    'reactions.add': { perMinute: 40, burst: 10, reserve: 3 },
    'reactions.remove': { perMinute: 16, burst: 5, reserve: 1 },
    'conversations.replies': { perMinute: 40, burst: 10, reserve: 0 },
    'conversations.history': { perMinute: 40, burst: 10, reserve: 0 },
    'conversations.info': { perMinute: 40, burst: 20, reserve: 0 },
    'usergroups.users.list': { perMinute: 16, burst: 5, reserve: 0 },
    'users.info': { perMinute: 80, burst: 20, reserve: 0 },
    'bots.info': { perMinute: 40, burst: 10, reserve: 0 },
  },
  // With its burst no more than 60 in any minute.
  perChannel: { perMinute: 56, burst: 4, reserve: 1 },
}

/** The same limits for a chat that bears `factor` times as much: local-slack has none. */
export function multiplied(limits: Limits, factor: number): Limits {
  const more = (rate: Rate): Rate => ({
    perMinute: rate.perMinute * factor,
    burst: rate.burst * factor,
    reserve: rate.reserve * factor,
  })
  const methods = Object.entries(limits.methods).map(([method, rate]) => [method, more(rate)] as const)
  return { methods: Object.fromEntries(methods), perChannel: more(limits.perChannel) }
}

export interface Budget {
  /**
   * Takes one call, or says in how many milliseconds one could be had. Never waits. `who` names one that comes again when
   * it is turned away, and then goes before all that came later; null for one that keeps no place.
   */
  take(method: string, channel: string | null, urgent: boolean, who: string | null): Verdict
  /** Slack refused `method` for so long: nothing of that method passes before, whatever its priority. */
  refused(method: string, retryAfterMs: number): void
}

type Verdict = { readonly kind: 'go' } | { readonly kind: 'wait'; readonly retryAfterMs: number }

interface Share {
  readonly bucket: Bucket
  readonly rate: Rate
}

interface Bucket {
  tokens: number
  at: number
  readonly urgent: Places
  readonly usual: Places
}

/** A place is kept so long beyond the moment that its owner was told: it may be busy then. */
const placeMs = 10_000

/** One budget for a whole workspace: all who speak to it share this object. */
export function createBudget(limits: Limits, clock: Clock): Budget {
  const buckets = new Map<string, Bucket>()
  const closedUntil = new Map<string, number>()

  const filled = (name: string, rate: Rate): Bucket => {
    const now = clock.monotonic()
    const fresh = { tokens: rate.burst, at: now, urgent: new Places(), usual: new Places() }
    const bucket = buckets.get(name) ?? fresh
    bucket.tokens = Math.min(rate.burst, bucket.tokens + ((now - bucket.at) * rate.perMinute) / 60_000)
    bucket.at = now
    buckets.set(name, bucket)
    return bucket
  }
  const missing = ({ bucket, rate }: Share, urgent: boolean, who: string | null): number => {
    const now = clock.monotonic()
    // A final state goes before all others, and on a share that is kept for it.
    const first = bucket.urgent.before(urgent ? who : null, now)
    const needed = urgent ? 1 + first : 1 + first + bucket.usual.before(who, now) + rate.reserve
    // A tenth of a millionth: tokens are fractions, and a caller who waited exactly as told must not be sent away again.
    return Math.max(0, Math.ceil(((needed - bucket.tokens - 1e-7) * 60_000) / rate.perMinute))
  }

  return {
    take(method, channel, urgent, who) {
      const closedFor = (closedUntil.get(method) ?? 0) - clock.monotonic()
      if (closedFor > 0) return { kind: 'wait', retryAfterMs: Math.ceil(closedFor) }
      const rate = limits.methods[method]
      if (rate === undefined) return { kind: 'go' }
      const shares: Share[] = [{ bucket: filled(method, rate), rate }]
      if (method === 'chat.postMessage' && channel !== null) {
        shares.push({ bucket: filled(`in ${channel}`, limits.perChannel), rate: limits.perChannel })
      }
      const waitsMs = shares.map((share) => missing(share, urgent, who))
      const retryAfterMs = Math.max(...waitsMs)
      for (const [index, { bucket }] of shares.entries()) {
        if (retryAfterMs === 0) bucket.tokens -= 1
        if (who === null) continue
        const places = urgent ? bucket.urgent : bucket.usual
        // What was an edit among others may be the final state when it comes again.
        if (urgent) bucket.usual.leave(who)
        // Whoever waits for its channel keeps nobody of another one waiting.
        const waits = retryAfterMs > 0 && waitsMs[index] === retryAfterMs
        if (waits) places.keep(who, clock.monotonic() + retryAfterMs + placeMs)
        else places.leave(who)
      }
      if (retryAfterMs > 0) return { kind: 'wait', retryAfterMs }
      if (buckets.size > 1000) forgetFull(buckets, limits)
      return { kind: 'go' }
    },
    refused(method, retryAfterMs) {
      closedUntil.set(method, Math.max(closedUntil.get(method) ?? 0, clock.monotonic() + retryAfterMs))
    },
  }
}

/** A channel that nobody wrote to for long has a full bucket, which is what a new one would have. */
function forgetFull(buckets: Map<string, Bucket>, limits: Limits): void {
  const newest = Math.max(...[...buckets.values()].map((bucket) => bucket.at))
  const refillMs = (limits.perChannel.burst * 60_000) / limits.perChannel.perMinute
  for (const [name, bucket] of buckets) {
    if (name.startsWith('in ') && newest - bucket.at > refillMs) buckets.delete(name)
  }
}
