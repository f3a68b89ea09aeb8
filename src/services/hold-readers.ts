import type { Clock } from '../ports/clock.ts'
import type { StoreReader } from '../ports/store.ts'
import type { Readers } from './capabilities.ts'
import { createLockReader } from './locks.ts'
import { createPinReader } from './pins.ts'
import { createStopReader } from './stops.ts'

/** All by which people hold targets and tiers, as the store has it. */
export const createHoldReaders = (store: StoreReader, clock: Clock): Pick<Readers, 'locks' | 'stops' | 'pins'> => ({
  locks: createLockReader(store, clock),
  stops: createStopReader(store),
  pins: createPinReader(store),
})
