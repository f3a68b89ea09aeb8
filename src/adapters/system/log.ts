import { pino, stdSerializers } from 'pino'
import type { Log } from '../../ports/log.ts'

/** JSON lines on standard output. Every line passes `redact` as a whole, so that no field can carry a secret past it. */
export function createLog(level: string, redact: (text: string) => string): Log {
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: stdSerializers.errWithCause } },
    { write: (line: string) => process.stdout.write(redact(line)) },
  )
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  }
}
