import { z } from 'zod'
import type { Answer } from './wire.ts'

const text = z.coerce.string().optional()

/** The registry's own form (`{"errors":[{code,message}]}`), and those of token servers (OAuth 2, Harbor, Quay). */
const schema = z.looseObject({
  errors: z
    .array(z.looseObject({ code: text, message: text }))
    .min(1)
    .optional(),
  error: z.string().optional(),
  error_description: z.string().optional(),
  details: z.string().optional(),
  message: z.string().optional(),
})

export interface Said {
  readonly code: string
  readonly message: string
}

/** What a registry says is wrong; null when it says nothing in a known form. Not masked. */
export function saidBy(answer: Answer): Said | null {
  const parsed = schema.safeParse(jsonOf(answer.body))
  if (!parsed.success) return described(answer)
  const { errors, error, error_description, details, message } = parsed.data
  const [first] = errors ?? []
  const said = {
    code: first?.code ?? error ?? '',
    message: first?.message ?? error_description ?? details ?? message ?? '',
  }
  return said.code === '' && said.message === '' ? described(answer) : said
}

/** A challenge may say why (RFC 6750, 3): an answer to HEAD has nothing else. */
function described(answer: Answer): Said | null {
  for (const header of answer.headers('www-authenticate')) {
    const [, quoted] = /\berror_description="([^"]{1,300})"/.exec(header.slice(0, 8192)) ?? []
    if (quoted !== undefined) return { code: '', message: quoted }
  }
  return null
}

/** ` (the registry says: UNAUTHORIZED authorization token has expired)`, or nothing. Masked, on one line, and short. */
export function saidText(answer: Answer, redact: (text: string) => string): string {
  const said = saidBy(answer)
  if (said === null) return ''
  const words = redact(`${said.code} ${said.message}`).replaceAll(/\s+/g, ' ').trim().slice(0, 200)
  return words === '' ? '' : ` (the registry says: ${words})`
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return null
  }
}
