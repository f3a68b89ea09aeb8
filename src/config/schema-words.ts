import { z } from 'zod'
import { parseAmount } from '../domain/amount.ts'
import { parseUnitName } from '../domain/unit-name.ts'

/** The small shapes that the parts of the configuration share. */

export const second = 1000
export const minute = 60 * second
export const hour = 60 * minute

export const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'write a name of small letters, digits and dashes, beginning with a letter')
  .refine((word) => !(word in Object.prototype), 'choose another name: JavaScript gives this one to every object')
export const port = z.int().min(1).max(65_535)
export const host = z
  .string()
  .regex(/^[A-Za-z0-9.:-]+$/, 'write an address or a host name of this machine, such as 0.0.0.0 or 127.0.0.1')
export const file = z.string().min(1)
export const keyPrefix = z
  .string()
  .regex(/^\/\S*\/$/, 'write a prefix that begins and ends with a slash, such as /opsee.co/')

export const slackChannel = z.string().regex(/^[CGD][A-Z0-9]{2,}$/, 'write a Slack channel id such as C012ABCDEF')

export const amount = z.union([z.int().min(1), z.string()]).transform((value, context) => {
  const parsed = parseAmount(String(value))
  if (parsed !== null) return parsed
  context.issues.push({ code: 'custom', input: value, message: 'write a number of instances or a share such as 25%' })
  return z.NEVER
})

export const unit = z
  .string()
  .refine((text) => {
    const parsed = parseUnitName(text)
    return parsed !== null && parsed.kind !== 'instance'
  }, 'write a template such as api@.service, or a plain unit such as beavis.service')
  .refine((text) => !text.startsWith('-'), 'begins with a dash, and fleetctl would read it as a flag: rename the unit')
