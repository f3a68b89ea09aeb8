import type { Listed } from '../../src/domain/unreadable.ts'
import type { LiveRollouts } from '../../src/services/capabilities.ts'

/** A list of records that can all be read. */
export const listed = <T>(...records: readonly T[]): Listed<T> => ({ records, unreadable: [] })

export const liveOf = (...records: LiveRollouts['records']): LiveRollouts => ({ ...listed(...records), hidden: [] })
