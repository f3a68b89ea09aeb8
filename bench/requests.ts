import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { z } from 'zod'

/** What every client of this process publishes when it makes a request (https://undici.nodejs.org, DiagnosticsChannel). */
const channel = 'undici:request:create'
const created = z.object({ request: z.object({ origin: z.string() }) })

/** Counts the HTTP requests of this process to one server while it works, redirects and repetitions too. */
export async function countingRequests<T>(
  url: string,
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly requests: number }> {
  const { origin } = new URL(url)
  let requests = 0
  const count = (message: unknown): void => {
    const parsed = created.safeParse(message)
    if (parsed.success && new URL(parsed.data.request.origin).origin === origin) requests += 1
  }
  subscribe(channel, count)
  try {
    return { value: await work(), requests }
  } finally {
    unsubscribe(channel, count)
  }
}
