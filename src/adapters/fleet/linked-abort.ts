/**
 * An abort that also follows others. `unlink` ends the following: `AbortSignal.any` keeps what it made for as long as a
 * long-lived signal lives (Node 20), and a poller makes two a second.
 */
export function linkedAbort(...sources: readonly AbortSignal[]): {
  readonly signal: AbortSignal
  readonly abort: () => void
  readonly unlink: () => void
} {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  for (const source of sources) {
    if (source.aborted) abort()
    else source.addEventListener('abort', abort, { once: true })
  }
  const unlink = (): void => {
    for (const source of sources) source.removeEventListener('abort', abort)
  }
  return { signal: controller.signal, abort, unlink }
}
