import { parse } from 'node:querystring'
import { z } from 'zod'

/** What Slack sent, by what is done with it. */
export type HttpPayload =
  | { readonly kind: 'payload'; readonly body: Record<string, unknown> }
  /** Slack checks our address: the answer repeats this text. */
  | { readonly kind: 'challenge'; readonly challenge: string }
  /** `why` names the first field that is wrong, and holds nothing of the payload. */
  | { readonly kind: 'malformed'; readonly why: string }

const object = z.looseObject({})
const text = z.string().nullish()
const place = z.union([z.string(), object]).nullish()

const challenge = z.looseObject({ type: z.literal('url_verification'), challenge: z.string() })

/** A slash command is a form, in which each field is given once. */
const command = z.looseObject({ command: z.string(), text: z.string().optional() }).catchall(z.string())

const event = z.looseObject({
  type: z.literal('event_callback'),
  event_id: text,
  team_id: text,
  authorizations: z.array(object).nullish(),
  event: z.looseObject({
    type: z.string(),
    channel: place,
    user: place,
    item: object.optional(),
    text,
    ts: text,
    thread_ts: text,
  }),
})

/** Clicks, forms, shortcuts and options: Slack sends them as JSON in the field `payload` of a form. */
const interaction = z.looseObject({
  type: z.string(),
  user: z.looseObject({ id: z.string() }),
  team: object.nullish(),
  enterprise: object.nullish(),
  channel: object.nullish(),
  container: object.nullish(),
  message: object.nullish(),
  view: object.nullish(),
  actions: z.array(object).optional(),
  response_url: text,
  trigger_id: text,
})

/**
 * Reads the body of a request whose signature is right. The shapes are those that Bolt relies on: Bolt reads deep into a
 * payload before it calls a listener, and what it throws there is a rejection that nobody handles (@slack/bolt 5.1.0).
 */
export function readPayload(body: string, contentType: string): HttpPayload {
  const parsed = parseBody(body, contentType)
  if (parsed === undefined) return { kind: 'malformed', why: 'the body is not JSON' }
  const asked = challenge.safeParse(parsed.value)
  if (asked.success) return { kind: 'challenge', challenge: asked.data.challenge }
  const read = schemaOf(parsed).safeParse(parsed.value)
  if (read.success) return { kind: 'payload', body: read.data }
  const [issue] = read.error.issues
  return { kind: 'malformed', why: `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim().slice(0, 200) }
}

interface Parsed {
  readonly value: unknown
  readonly from: 'json' | 'form' | 'form-payload'
}

function parseBody(body: string, contentType: string): Parsed | undefined {
  try {
    if (contentType.split(';', 1)[0]?.trim().toLowerCase() !== 'application/x-www-form-urlencoded')
      return { value: JSON.parse(body), from: 'json' }
    const form = { ...parse(body) }
    return typeof form['payload'] === 'string'
      ? { value: JSON.parse(form['payload']), from: 'form-payload' }
      : { value: form, from: 'form' }
  } catch {
    return undefined
  }
}

function schemaOf({ from }: Parsed) {
  switch (from) {
    case 'json':
      return event
    case 'form':
      return command
    case 'form-payload':
      return interaction
  }
}
