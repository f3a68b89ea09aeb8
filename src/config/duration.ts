import { z } from 'zod'
import { durationText, parseDuration } from '../domain/duration.ts'

/** A duration as people write it; milliseconds once parsed. */
export const duration = (minMs: number, maxMs: number) =>
  z
    .string()
    .regex(/^(?:\d+(?:ms|s|m|h|d))+$/, 'write a duration such as 500ms, 5s, 10m or 2h')
    .transform((text, context) => {
      const ms = parseDuration(text)
      if (ms !== null && ms >= minMs && ms <= maxMs) return ms
      context.issues.push({
        code: 'custom',
        input: text,
        message: `${text} is out of range: write between ${durationText(minMs)} and ${durationText(maxMs)}`,
      })
      return z.NEVER
    })
