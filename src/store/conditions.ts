import type { Condition, Entry } from '../ports/store.ts'

/** Holds as long as the key is what was read. */
export function asBefore(key: string, entry: Entry | null): Condition {
  return entry === null ? { kind: 'absent', key } : { kind: 'unchanged', key, modified: entry.modified }
}
