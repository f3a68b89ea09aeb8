/** A stored record that is there and cannot be understood. `key` is its key below the configured prefix. */
export interface Unreadable {
  readonly key: string
  /** The first fault, in words; not escaped. */
  readonly why: string
}

/** Records of one kind. One that cannot be read does not hide the others. */
export interface Listed<T> {
  readonly records: readonly T[]
  readonly unreadable: readonly Unreadable[]
}

/** For a plain-text reader; not escaped. */
export const unreadableText = ({ key, why }: Unreadable): string =>
  `The record ${key} in etcd cannot be read: ${why}. Opsee leaves it as it is, and work that needs it waits`
