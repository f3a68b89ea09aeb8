import type { z } from 'zod'
import type { Field, Known } from './fields.ts'
import { withoutStop } from './tokenize.ts'

/** A field's value, also where the punctuation that ends a sentence follows it: `abort 12.`, `deploy api production!`. */
export function readText<T>(field: Field<T>, text: string, known: Known): z.ZodSafeParseResult<T> {
  const schema = field.schema(known)
  const read = schema.safeParse(text)
  const bare = withoutStop(text)
  return read.success || bare === text || field.take === 'rest' ? read : schema.safeParse(bare)
}
