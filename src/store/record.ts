import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { Listed, Unreadable } from '../domain/unreadable.ts'
import type { Entry } from '../ports/store.ts'

/** A record that is there and cannot be understood. What needs it stops; it is never overwritten. */
export class UnreadableRecord extends Error implements Unreadable {
  override readonly name = 'UnreadableRecord'
  readonly key: string
  readonly why: string

  constructor(key: string, why: string) {
    super(`The record ${key} in etcd cannot be read: ${why}. It was left untouched; look at it with etcdctl get.`)
    this.key = key
    this.why = why
  }
}

/** One kind of record: a zod schema, and the text that it has in the store. */
export interface RecordType<T> {
  /** Throws `UnreadableRecord` with the key and the first fault. */
  read(entry: Entry): T
  /** A text that was never written before: it carries a random write token, by which a repeated write knows itself. */
  write(value: T): string
}

/** Each entry as far as it can be read. An error other than `UnreadableRecord` is thrown. */
export function readEach<T>(entries: readonly Entry[], type: RecordType<T>): Listed<T> {
  const records: T[] = []
  const unreadable: Unreadable[] = []
  for (const entry of entries) {
    try {
      records.push(type.read(entry))
    } catch (error) {
      unreadable.push(unreadableIn(error))
    }
  }
  return { records, unreadable }
}

/** The fault that the error tells of. Throws every other error again. */
export function unreadableIn(error: unknown): UnreadableRecord {
  if (error instanceof UnreadableRecord) return error
  throw error
}

/** The records of a list that is needed whole. Throws `UnreadableRecord` for the first one that cannot be read. */
export function whole<T>({ records, unreadable: [first] }: Listed<T>): readonly T[] {
  if (first !== undefined) throw new UnreadableRecord(first.key, first.why)
  return records
}

const version = 1

export function recordType<T>(schema: z.ZodType<T>): RecordType<T> {
  return {
    read(entry) {
      const outer = parseJson(entry)
      if (outer['v'] !== version) {
        throw new UnreadableRecord(
          entry.key,
          `it is of version ${String(outer['v'])}, and this is a program for version ${version}`,
        )
      }
      const parsed = schema.safeParse(outer['is'])
      if (parsed.success) return parsed.data
      const [issue] = parsed.error.issues
      const place = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `
      throw new UnreadableRecord(entry.key, `${place}${issue?.message ?? 'it does not fit its schema'}`)
    },
    write: (value) => JSON.stringify({ v: version, w: randomUUID(), is: value }),
  }
}

function parseJson(entry: Entry): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(entry.value)
  } catch (error) {
    throw new UnreadableRecord(entry.key, `it is no JSON (${error instanceof Error ? error.message : String(error)})`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UnreadableRecord(entry.key, 'it is no JSON object')
  }
  return { ...value }
}
