import type { IKeyValue } from 'etcd3'
import type { Entry } from '../../ports/store.ts'

/** The prefix as it is really used: ended by a slash, so that `/a` never sees the keys of `/ab`. */
export function rootOf(prefix: string): string {
  return prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
}

/** The first key behind all that begin with `prefix`, as etcd's range_end; a zero byte means the end of the store. */
export function endOf(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix)
  for (let at = end.length - 1; at >= 0; at--) {
    const byte = end[at] ?? 0
    if (byte < 0xff) {
      end[at] = byte + 1
      return end.subarray(0, at + 1)
    }
  }
  return Buffer.from([0])
}

/** etcd's own entry (full key) as the port's (key without the root). */
export function entryOf(root: string, kv: IKeyValue): Entry {
  return {
    key: kv.key.subarray(Buffer.byteLength(root)).toString(),
    value: kv.value.toString(),
    modified: kv.mod_revision,
    created: kv.create_revision,
  }
}

/** Revisions are decimal texts of 64-bit numbers, which JavaScript numbers cannot hold. */
export function isLater(revision: string, than: string): boolean {
  return BigInt(revision) > BigInt(than)
}

export function nextRevision(revision: string): string {
  return String(BigInt(revision) + 1n)
}

export function previousRevision(revision: string): string {
  return String(BigInt(revision) - 1n)
}
