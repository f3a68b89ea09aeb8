import type { ChatFailure, ChatWriter, Message } from '../../ports/chat.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Incoming } from '../../ports/incoming.ts'
import type { Log } from '../../ports/log.ts'
import { blocks } from './blocks.ts'
import { failureOf } from './failures.ts'
import type { Request } from './requests.ts'
import { cutMrkdwn, safe } from './text.ts'

type Visibility = Parameters<Incoming['reply']>[1]
/** One way to answer: null when it worked. */
interface Way {
  readonly try: () => Promise<Failed | null>
  /** Earliest moment of the next try, on the monotonic clock; infinite once it is closed for good. */
  notBefore: number
  tries: number
  readonly mostTries: number
}

interface Failed {
  readonly reason: string
  /** Milliseconds until it may work; `soon` when nobody said; null for never. */
  readonly retryAfterMs: number | 'soon' | null
  /** The answer to the call was lost: it may be shown. */
  readonly maybeShown: boolean
}

export interface ReplyOptions {
  readonly chat: ChatWriter
  readonly fetch?: typeof fetch
  /** Longest that one HTTP call may take, in milliseconds. */
  readonly timeoutMs: number
  /** Aborted when the bot stops: whatever is left to say gets one last try. */
  readonly stopping?: AbortSignal
}

/** How long an answer is tried to be given before it counts as lost. A try that began in time is let end. */
const REPLY_MS = 60_000
/** A response URL works five times (https://docs.slack.dev/interactivity/handling-user-interaction). */
const URL_USES = 5
/** So that a wait of nothing, or one that is a little short, is no tight loop. */
const LEAST_WAIT_MS = 100
/** Each further try of a way waits three times as long: with five tries, the last is 40 s after the first. */
const waitBefore = (tries: number): number => 1000 * 3 ** (tries - 1)

/**
 * Answers a request. A slash command's response URL works even where the bot is no member, so it comes first there;
 * elsewhere the bot wrote or read the message and can speak, and the URL is the way round. Both are tried in turn, for a
 * minute, until one of them worked; a direct message is the way when both are closed for good. In a direct message
 * nobody else reads along, so the answer there is an ordinary message, which is still there tomorrow.
 */
export function createReply(request: Request, options: ReplyOptions, clock: Clock, log: Log): Incoming['reply'] {
  const waysFor = (message: Message, visibility: Visibility): Way[] => {
    const spoken = way(Infinity, async () => {
      const sent =
        visibility === 'sender' && request.source !== 'direct'
          ? await options.chat.whisper(request.place, request.user.id, message)
          : await options.chat.post(request.place, message)
      return sent.kind === 'posted' ? null : said(sent)
    })
    const url = request.responseUrl
    if (url === null) return [spoken]
    const responded = way(URL_USES, () => respond(url, request, message, visibility, options))
    return request.source === 'slash' ? [responded, spoken] : [spoken, responded]
  }

  const inPerson = (message: Message): Way =>
    way(Infinity, async () => {
      const sent = await options.chat.post({ channel: request.user.id, thread: null }, message)
      return sent.kind === 'posted' ? null : said(sent)
    })

  return async (message, visibility) => {
    let alone = false
    const deadline = clock.monotonic() + REPLY_MS
    let ways = waysFor(message, visibility)
    let reasons: string[] = []
    for (;;) {
      const last = options.stopping?.aborted === true
      const due = ways.filter((one) => one.notBefore <= clock.monotonic() || (last && one.notBefore < Infinity))
      const tried = await tryInTurn(due, clock, visibility)
      if (tried.kind === 'given') return
      // Of a long outage the newest reasons say enough.
      reasons = [...reasons, ...tried.reasons].slice(-4)
      // Twice to one person is a nuisance, twice to a channel is worse: the asker alone hears it for certain.
      if (tried.kind === 'maybe-shown') {
        ways = waysFor(message, 'sender')
        visibility = 'sender'
        continue
      }
      const next = Math.min(...ways.map((one) => one.notBefore))
      if (next === Infinity && !alone) {
        alone = true
        ways = [inPerson(message)]
        continue
      }
      if (last || next >= deadline) break
      await clock.sleep(Math.max(LEAST_WAIT_MS, next - clock.monotonic()), options.stopping)
    }
    log.warn(
      { request: request.requestKey, user: request.user.id, reasons },
      'the answer could not be given: it is lost',
    )
  }
}

const way = (mostTries: number, run: Way['try']): Way => ({ try: run, notBefore: -Infinity, tries: 0, mostTries })

type Tried =
  | { readonly kind: 'given' }
  /** Everybody may have seen it, or nobody. */
  | { readonly kind: 'maybe-shown'; readonly reasons: readonly string[] }
  | { readonly kind: 'not-given'; readonly reasons: readonly string[] }

async function tryInTurn(ways: readonly Way[], clock: Clock, visibility: Visibility): Promise<Tried> {
  const reasons: string[] = []
  for (const one of ways) {
    const failed = await guarded(one.try)
    if (failed === null) return { kind: 'given' }
    one.tries += 1
    reasons.push(failed.reason)
    const wait = failed.retryAfterMs === 'soon' ? waitBefore(one.tries) : (failed.retryAfterMs ?? Infinity)
    one.notBefore = one.tries < one.mostTries ? clock.monotonic() + wait : Infinity
    if (failed.maybeShown && visibility === 'everyone') return { kind: 'maybe-shown', reasons }
  }
  return { kind: 'not-given', reasons }
}

async function guarded(run: Way['try']): ReturnType<Way['try']> {
  try {
    return await run()
  } catch (error) {
    return said(failureOf(error, 'the response URL'))
  }
}

function said(failure: ChatFailure): Failed {
  const { reason } = failure
  if (failure.kind === 'later') return { reason, retryAfterMs: failure.retryAfterMs, maybeShown: false }
  return failure.kind === 'unknown'
    ? { reason, retryAfterMs: 'soon', maybeShown: true }
    : { reason, retryAfterMs: null, maybeShown: false }
}

/** Bolt's own `respond` has no time limit, and real Slack and local-slack differ in what an absent response_type means. */
async function respond(
  url: string,
  request: Request,
  message: Message,
  visibility: Visibility,
  options: ReplyOptions,
): ReturnType<Way['try']> {
  const laidOut = blocks(message, request.requestKey.slice(-40))
  const body = {
    response_type: visibility === 'sender' ? 'ephemeral' : 'in_channel',
    replace_original: false,
    text: cutMrkdwn(safe(message.text), 4_000),
    ...(laidOut.length === 0 ? {} : { blocks: laidOut }),
    ...(request.place.thread === null ? {} : { thread_ts: request.place.thread }),
  }
  const answer = await (options.fetch ?? fetch)(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(options.timeoutMs),
  })
  await answer.body?.cancel()
  if (answer.ok) return null
  const reason = `the response URL answered HTTP ${answer.status}`
  const retryAfter = Number(answer.headers.get('retry-after') ?? Number.NaN) * 1000
  if (answer.status === 429) {
    return { reason, retryAfterMs: Number.isFinite(retryAfter) ? retryAfter : 'soon', maybeShown: false }
  }
  // 404 and the like: used up, expired, or refused for what it says.
  return { reason, retryAfterMs: answer.status >= 500 ? 'soon' : null, maybeShown: answer.status >= 500 }
}
