import { z } from 'zod'
import { recordType } from '../store/record.ts'

/** What a command answered, as it is kept for a redelivery of the same command. The shape of the command layer's `Reply`. */
const button = z.strictObject({
  label: z.string(),
  command: z.string(),
  style: z.enum(['plain', 'primary', 'danger']),
  confirm: z.string().nullable(),
})

const section = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('header'), text: z.string() }),
  z.strictObject({ kind: z.literal('text'), text: z.string() }),
  z.strictObject({ kind: z.literal('context'), text: z.string() }),
  z.strictObject({
    kind: z.literal('fields'),
    fields: z.array(z.strictObject({ name: z.string(), value: z.string() })).readonly(),
  }),
  z.strictObject({ kind: z.literal('buttons'), buttons: z.array(button).readonly() }),
])

const storedReplySchema = z
  .strictObject({
    visibility: z.enum(['sender', 'everyone']),
    message: z.strictObject({ text: z.string(), sections: z.array(section).readonly() }).readonly(),
    outcome: z.enum(['done', 'refused', 'mistyped', 'failed']),
    rollouts: z.array(z.int()).readonly(),
  })
  .readonly()

export type StoredReply = z.infer<typeof storedReplySchema>

/** `requests/<hash of the key>`: made in the transaction that records the decision. */
export const requestRecord = recordType(
  z.strictObject({
    request: z.string(),
    /** Number of the audit record. */
    audit: z.int(),
    decision: z.enum(['allowed', 'denied']),
    /** Slack user id. */
    actor: z.string(),
    /** Milliseconds since the epoch. */
    at: z.int(),
    /** Null while the command is being carried out, and for ever when its process died in the middle of it. */
    reply: storedReplySchema.nullable(),
  }),
)

/** Bytes of JSON up to which a reply is kept whole; of a longer one the text alone is kept, cut. */
const mostReplyBytes = 64 * 1024

/** The reply as it is stored: every text goes through `mask`. */
export function storable(reply: StoredReply, mask: (text: string) => string): StoredReply {
  const masked = JSON.stringify(reply, (_key, value: unknown) => (typeof value === 'string' ? mask(value) : value))
  if (Buffer.byteLength(masked) <= mostReplyBytes) return storedReplySchema.parse(JSON.parse(masked))
  const text = mask(reply.message.text).slice(0, 10_000)
  return { ...reply, rollouts: reply.rollouts.slice(0, 1000), message: { text, sections: [] } }
}
