import { RegistryFault } from '../../ports/registry.ts'

/** It may answer when it is asked again. */
export class Away extends RegistryFault {
  /** When it said so itself, in milliseconds. */
  readonly retryAfterMs: number | null
  /** It said nothing for as long as one request may take. */
  readonly silent: boolean

  constructor(
    message: string,
    retryAfterMs: number | null = null,
    options: ErrorOptions & { readonly silent?: boolean } = {},
  ) {
    super('away', message, options)
    this.retryAfterMs = retryAfterMs
    this.silent = options.silent ?? false
  }
}

/** `Retry-After`, as seconds or as a date (RFC 9110, 10.2.3), in milliseconds from `now`; null for none. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? null : Math.max(0, at - now)
}

/** Whether a status says "later": all of the server's own troubles but that it does not know the question. */
export const isLater = (status: number): boolean =>
  status === 429 || status === 408 || (status >= 500 && status !== 501 && status !== 505)
