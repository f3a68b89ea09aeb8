import type { Clock } from '../../ports/clock.ts'

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
    'chat.postMessage': { perMinute: 150, burst: 20, reserve: 5 },
    'chat.update': { perMinute: 40, burst: 10, reserve: 3 },
    'chat.postEphemeral': { perMinute: 80, burst: 20, reserve: 0 },
    'reactions.add': { perMinute: 40, burst: 10, reserve: 3 },
    'reactions.remove': { perMinute: 16, burst: 5, reserve: 1 },
    'conversations.replies': { perMinute: 40, burst: 10, reserve: 0 },
    'conversations.history': { perMinute: 40, burst: 10, reserve: 0 },
    'conversations.info': { perMinute: 40, burst: 20, reserve: 0 },
    'usergroups.users.list': { perMinute: 16, burst: 5, reserve: 0 },
  },
  perChannel: { perMinute: 60, burst: 4, reserve: 1 },
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
  /** Takes one call, or says in how many milliseconds one could be had. Never waits. */
  take(method: string, channel: string | null, urgent: boolean): Verdict
  /** Slack refused `method` for so long: nothing of that method passes before, whatever its priority. */
  refused(method: string, retryAfterMs: number): void
}

type Verdict = { readonly kind: 'go' } | { readonly kind: 'wait'; readonly retryAfterMs: number }

interface Bucket {
  tokens: number
  at: number
}

/** One budget for a whole workspace: all who speak to it share this object. */
export function createBudget(limits: Limits, clock: Clock): Budget {
  const buckets = new Map<string, Bucket>()
  const closedUntil = new Map<string, number>()

  const filled = (name: string, rate: Rate): Bucket => {
    const now = clock.monotonic()
    const bucket = buckets.get(name) ?? { tokens: rate.burst, at: now }
    bucket.tokens = Math.min(rate.burst, bucket.tokens + ((now - bucket.at) * rate.perMinute) / 60_000)
    bucket.at = now
    buckets.set(name, bucket)
    return bucket
  }
  const missing = (bucket: Bucket, rate: Rate, urgent: boolean): number => {
    const needed = urgent ? 1 : 1 + rate.reserve
    // A tenth of a millionth: tokens are fractions, and a caller who waited exactly as told must not be sent away again.
    return Math.max(0, Math.ceil(((needed - bucket.tokens - 1e-7) * 60_000) / rate.perMinute))
  }

  return {
    take(method, channel, urgent) {
      const closedFor = (closedUntil.get(method) ?? 0) - clock.monotonic()
      if (closedFor > 0) return { kind: 'wait', retryAfterMs: Math.ceil(closedFor) }
      const rate = limits.methods[method]
      if (rate === undefined) return { kind: 'go' }
      const shares = [{ bucket: filled(method, rate), rate }]
      if (method === 'chat.postMessage' && channel !== null) {
        shares.push({ bucket: filled(`in ${channel}`, limits.perChannel), rate: limits.perChannel })
      }
      const retryAfterMs = Math.max(...shares.map((share) => missing(share.bucket, share.rate, urgent)))
      if (retryAfterMs > 0) return { kind: 'wait', retryAfterMs }
      for (const share of shares) share.bucket.tokens -= 1
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
