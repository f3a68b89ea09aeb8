import type { Entry, Page, StoreReader } from '../ports/store.ts'

/** Reads for callers who ask for the same at the same time. */
export type Sharing<T> = (key: string, read: () => Promise<T>) => Promise<T>

/**
 * Lets callers share one read. A read that is under way when somebody asks may have missed the newest change, so those
 * callers share the next one, which begins when it ends. Each answer was therefore read after its caller asked, and no
 * more than two reads of a key follow from any number of callers.
 */
export function createSharing<T>(): Sharing<T> {
  interface UnderWay {
    /** Resolves at the end of the read, also of one that failed. */
    readonly ended: Promise<void>
    /** The read that begins after it. */
    next: Promise<T> | null
  }
  const underWay = new Map<string, UnderWay>()

  function begin(key: string, read: () => Promise<T>): Promise<T> {
    const reading = (async () => read())()
    const ended = reading.then(
      () => undefined,
      () => undefined,
    )
    const one: UnderWay = { ended, next: null }
    underWay.set(key, one)
    void ended.then(() => {
      if (one.next === null) underWay.delete(key)
    })
    return reading
  }

  return (key, read) => {
    const one = underWay.get(key)
    if (one === undefined) return begin(key, read)
    one.next ??= one.ended.then(() => begin(key, read))
    return one.next
  }
}

/** The same store, where equal reads that are asked for at the same time are made once. */
export function shareReads(store: StoreReader): StoreReader {
  const entries = createSharing<Entry | null>()
  const pages = createSharing<Page>()
  return {
    get: (key) => entries(key, () => store.get(key)),
    range(prefix, options = {}) {
      const { limit, after, reverse = false, keysOnly = false } = options
      const key = JSON.stringify([prefix, limit ?? null, after ?? null, reverse, keysOnly])
      return pages(key, () => store.range(prefix, options))
    },
    watch: (prefix, fromRevision, signal) => store.watch(prefix, fromRevision, signal),
  }
}
