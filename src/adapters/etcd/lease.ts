import { StoreUnavailable, type Lease } from '../../ports/store.ts'
import type { Connection, Try } from './connection.ts'

/** Past this share of the TTL without a renewal nothing may be done under the lease any more. */
const TRUSTED_SHARE = 0.6
const RENEW_SHARE = 1 / 3
const LONGEST_TRY_MS = 1500
const LONGEST_RELEASE_MS = 2500
/** Between renewals that etcd refuses; what is merely away is retried inside the call. */
const PAUSE_MS = 100

/**
 * A lease that renews itself. etcd3's own counts by the wall clock and tells a loss up to a whole TTL after a rival could
 * own the keys; this one counts each renewal from before it was sent, on the monotonic clock.
 */
export async function grant(connection: Connection, ttlMs: number, limitMs: number): Promise<Lease> {
  if (!(ttlMs >= 2000)) throw new RangeError(`a lease of ${ttlMs} ms is too short\n\nGive at least 2000`)
  const { clock } = connection
  const asked = Math.ceil(ttlMs / 1000)
  // A grant whose answer was lost leaves a lease with no keys, which ends by itself.
  const { id, ttl, sentAt } = await connection.call(
    async ({ member, options }) => {
      const sentAt = clock.monotonic()
      const answer = await member.client.leaseClient.leaseGrant({ TTL: asked }, options)
      return { id: answer.ID, ttl: Number(answer.TTL) * 1000, sentAt }
    },
    { limitMs },
  )

  const losing = new AbortController()
  let renewedAt = sentAt
  let releasing: Promise<void> | null = null
  const trustedUntil = () => renewedAt + ttl * TRUSTED_SHARE
  const lose = (why: string) => {
    if (!losing.signal.aborted) losing.abort(new Error(`lease ${id}: ${why}`))
  }
  /** By time, not by timers: after a blocked event loop those run late and in any order. */
  const look = () => {
    if (clock.monotonic() >= trustedUntil()) lose(`not renewed for ${(ttl * TRUSTED_SHARE) / 1000} s`)
    return losing.signal
  }

  const watchdog = async () => {
    while (!look().aborted) await clock.sleep(Math.max(1, trustedUntil() - clock.monotonic()), losing.signal)
  }
  const renewals = async () => {
    for (;;) {
      await clock.sleep(Math.max(0, renewedAt + ttl * RENEW_SHARE - clock.monotonic()), losing.signal)
      if (look().aborted) return
      try {
        const renewal = await connection.call((attempt) => renew(connection, attempt, id), {
          limitMs: Math.max(0, trustedUntil() - clock.monotonic()),
          tryMs: Math.min(LONGEST_TRY_MS, ttl / 6),
        })
        if (look().aborted) return
        if (renewal.ttl <= 0) return lose('etcd no longer has it')
        renewedAt = renewal.sentAt
      } catch {
        await clock.sleep(PAUSE_MS, losing.signal)
      }
    }
  }
  const closed = () => lose('the store was closed')
  connection.closed.addEventListener('abort', closed, { once: true })
  losing.signal.addEventListener('abort', () => connection.closed.removeEventListener('abort', closed), { once: true })
  void watchdog()
  void renewals()

  return {
    id,
    get lost() {
      return look()
    },
    remainingMs: () => (look().aborted ? 0 : renewedAt + ttl - clock.monotonic()),
    release() {
      lose('it was given back')
      releasing ??= connection
        .call(({ member, options }) => member.client.leaseClient.leaseRevoke({ ID: id }, options), {
          limitMs: Math.min(limitMs, LONGEST_RELEASE_MS),
        })
        // Away, or already gone: in both cases it ends without us.
        .then(noted, noted)
      return releasing
    },
  }
}

function noted(): void {}

/** One renewal on a stream of its own, which cannot outlive its deadline. `ttl` 0 means that the lease is gone. */
async function renew({ clock }: Connection, { member, options }: Try, id: string) {
  const sentAt = clock.monotonic()
  const stream = await member.client.leaseClient.leaseKeepAlive(options)
  try {
    const ttl = await new Promise<number>((resolve, reject) => {
      stream.on('error', reject)
      stream.on('end', () => reject(new StoreUnavailable('etcd ended the renewal stream')))
      stream.on('data', (answer) => resolve(Number(answer.TTL) * 1000))
      stream.write({ ID: id })
    })
    return { ttl, sentAt }
  } finally {
    stream.cancel()
  }
}
