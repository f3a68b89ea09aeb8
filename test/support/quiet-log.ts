import type { Log } from '../../src/ports/log.ts'

/** Keeps lines instead of printing them; `lines` shows them when a test fails. */
export function quietLog(): Log & { readonly lines: string[] } {
  const lines: string[] = []
  const keep =
    (level: string) =>
    (fields: Readonly<Record<string, unknown>>, message: string): void => {
      const { err, ...rest } = fields
      lines.push(
        `${level} ${message} ${JSON.stringify(rest)}${err instanceof Error ? ` ${err.stack ?? err.message}` : ''}`,
      )
    }
  return { lines, debug: () => undefined, info: keep('info'), warn: keep('warn'), error: keep('error') }
}
