import { z } from 'zod'
import { startSlackProxy } from '../test/journeys/support/slack-proxy.ts'

/**
 * Calls a minute that Slack publishes, by method (https://docs.slack.dev/apis/web-api/rate-limits): tier 2 is 20, tier 3
 * is 50, tier 4 is 100; posts are "several hundred" a minute in a workspace.
 */
export const published: Readonly<Record<string, number>> = {
  'chat.postMessage': 300,
  'chat.update': 50,
  'chat.postEphemeral': 100,
  'reactions.add': 50,
  'reactions.remove': 20,
  'conversations.replies': 50,
  'conversations.history': 50,
  'conversations.info': 50,
}
/** Posts into one channel: one a second, "short bursts" may be faster. The gate lets no more than that through in a minute. */
export const postsInChannel = 60

const minuteMs = 60_000

interface Call {
  readonly method: string
  readonly channel: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly refused: boolean
}

/** A message that Slack took, by the bot's own name for it (`r12.line.7`, `r12.root`). */
interface Shown {
  readonly key: string
  readonly at: number
}

/** Stands before local-slack as Slack's limits do: what goes beyond them in any minute is answered with 429. */
export interface SlackGate {
  readonly apiUrl: string
  readonly calls: readonly Call[]
  readonly shown: readonly Shown[]
  stop(): Promise<void>
}

const sent = z.object({ ok: z.literal(true) })
const metadata = z.object({ event_payload: z.object({ key: z.string() }) })

export async function startSlackGate(slackUrl: string): Promise<SlackGate> {
  const calls: Call[] = []
  const shown: Shown[] = []
  const passed = (method: string, channel: string | null, since: number): number =>
    calls.filter(
      (call) =>
        call.method === method && !call.refused && call.at > since && (channel === null || call.channel === channel),
    ).length
  const proxy = await startSlackProxy(slackUrl, (_, answer, request) => {
    const key = keyOf(request)
    if (key !== null && sent.safeParse(JSON.parse(answer)).success) shown.push({ key, at: Date.now() })
    return answer
  })
  proxy.decide((method, request) => {
    const at = Date.now()
    const channel = new URLSearchParams(request).get('channel') ?? ''
    const full =
      passed(method, null, at - minuteMs) >= (published[method] ?? Infinity) ||
      (method === 'chat.postMessage' && passed(method, channel, at - minuteMs) >= postsInChannel)
    calls.push({ method, channel, at, refused: full })
    return full ? 'too-fast' : 'well'
  })
  return { apiUrl: proxy.apiUrl, calls, shown, stop: () => proxy.close() }
}

function keyOf(request: string): string | null {
  const text = new URLSearchParams(request).get('metadata')
  if (text === null) return null
  return metadata.safeParse(JSON.parse(text)).data?.event_payload.key ?? null
}

/** Number of the last event that a line's message carries, by its key; -1 for what is no line of this rollout. */
export const lineNumber = (key: string, rollout: number): number => {
  const prefix = `r${rollout}.line.`
  return key.startsWith(prefix) ? Number(key.slice(prefix.length)) : -1
}

/** The most calls in any one minute that pass the test. */
export function busiestMinute(calls: readonly Call[], test: (call: Call) => boolean): number {
  const times = calls.filter(test).map(({ at }) => at)
  return Math.max(0, ...times.map((end, index) => times.slice(0, index + 1).filter((at) => at > end - minuteMs).length))
}
