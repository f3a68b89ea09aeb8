import { z } from 'zod'
import { duration } from './duration.ts'
import { hour, minute, second } from './schema-words.ts'

/** A variable of the bot's environment. Its own secrets are none that a preparation may see. */
const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'write the name of a variable, such as DATABASE_URL')
  .regex(/^(?!OPSEE_|SLACK_)/, 'names beginning with OPSEE_ or SLACK_ are Opsee’s own: name another variable')

/** What runs once on the bot's host before a deploy or a promotion changes anything, such as a migration. */
export const preparation = z.strictObject({
  /** Program and arguments; no shell reads them. A path is relative to this file's folder, a bare name is looked up in PATH. */
  command: z.array(z.string().min(1)).min(1),
  /** The longest that it may take before it is ended. */
  timeout: duration(second, hour).default(5 * minute),
  /** Variables of the bot's environment that it may see, beside PATH, HOME, LANG and what Opsee tells it. */
  env: z.array(variable).default([]),
})
