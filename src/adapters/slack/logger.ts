import { LogLevel, type Logger } from '@slack/logger'
import type { Log } from '../../ports/log.ts'

/**
 * Slack's libraries write into our log. Their debug lines hold whole payloads (response URLs, trigger ids), so they are
 * never built: the level says "info" and cannot be changed.
 */
export function slackLogger(log: Log): Logger {
  const words = (parts: readonly unknown[]): string =>
    parts.map((part) => (part instanceof Error ? part.message : String(part))).join(' ')
  return {
    debug: () => undefined,
    info: (...parts) => log.debug({}, `slack: ${words(parts)}`),
    warn: (...parts) => log.warn({}, `slack: ${words(parts)}`),
    // What is an error to the library (one lost connection) is a thing that this adapter handles and reports itself.
    error: (...parts) => log.warn({}, `slack: ${words(parts)}`),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  }
}
