import { z } from 'zod'

const schema = z.looseObject({
  level: z.number(),
  time: z.string(),
  msg: z.string(),
  err: z.looseObject({ message: z.string() }).optional(),
})

const levels: ReadonlyMap<number, string> = new Map([
  [20, 'debug'],
  [30, 'info'],
  [40, 'warning'],
  [50, 'error'],
])

/** `15:04:05 warning: Slack is away (connection refused)` for one JSON line of the bot's log; another line as it is. */
export function logLineText(line: string): string {
  const parsed = schema.safeParse(jsonOf(line))
  if (!parsed.success) return line
  const { level, time, msg, err } = parsed.data
  const why = err === undefined || msg.includes(err.message) ? '' : ` (${err.message.split('\n', 1)[0] ?? ''})`
  return `${time.slice(11, 19)} ${levels.get(level) ?? 'fatal'}: ${msg}${why}`
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
