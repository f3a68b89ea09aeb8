import { lockText, type Lock } from '../../domain/lock.ts'
import { ago, code, personText, span, words } from '../../domain/wording.ts'

/** `all of production`  held by @ann since 4m ago, for another 1h: db migration. */
export const lockLine = (lock: Lock, now: number): string =>
  `${code(lockText(lock))}  held by ${personText(lock.by)}, locked ${ago(lock.at, now)}, ${endText(lock, now)}: ${words(lock.why)}`

/** As a sentence. */
export const heldText = (lock: Lock, now: number): string =>
  `${capital(lockText(lock))} is held by ${personText(lock.by)}, locked ${ago(lock.at, now)}, ${endText(lock, now)}: ${words(lock.why)}.`

/** The scopes that are locked in a tier, for "there are locks on". */
export const locksOf = (locks: readonly Lock[], tier: string): readonly string[] =>
  locks.filter((lock) => lock.tier === tier).map((lock) => code(lockText(lock)))

const endText = (lock: Lock, now: number): string =>
  lock.until === null ? 'until it is lifted' : `for another ${span(lock.until - now)}`

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
