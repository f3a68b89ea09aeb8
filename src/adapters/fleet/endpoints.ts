/** Milliseconds that an endpoint which failed is asked last. */
const shunMs = 30_000

/** Which endpoint to ask first: the one that worked last, then those that have not failed lately, then the others. */
export interface Endpoints {
  order(now: number): readonly (string | null)[]
  worked(endpoint: string | null): void
  failed(endpoint: string | null, now: number): void
}

/** No endpoint at all means fleetctl's own default, written as null. `now` is `Clock.monotonic()`. */
export function createEndpoints(list: readonly string[]): Endpoints {
  const all: readonly (string | null)[] = list.length === 0 ? [null] : [...new Set(list)]
  const failedAt = new Map<string | null, number>()
  let favourite: string | null = all[0] ?? null
  return {
    order(now) {
      const shunned = (endpoint: string | null): boolean => now - (failedAt.get(endpoint) ?? -Infinity) < shunMs
      const rest = all.filter((endpoint) => endpoint !== favourite)
      const good = rest.filter((endpoint) => !shunned(endpoint))
      const bad = rest.filter((endpoint) => shunned(endpoint))
      bad.sort((a, b) => (failedAt.get(a) ?? 0) - (failedAt.get(b) ?? 0))
      return shunned(favourite) ? [...good, favourite, ...bad] : [favourite, ...good, ...bad]
    },
    worked(endpoint) {
      favourite = endpoint
      failedAt.delete(endpoint)
    },
    failed(endpoint, now) {
      failedAt.set(endpoint, now)
    },
  }
}
