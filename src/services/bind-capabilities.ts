import type { Readers } from './capabilities.ts'
import { lockCapability, unlockCapability } from './locks.ts'
import { pinCapability, unpinCapability } from './pins.ts'
import { startCapability, type StartParts } from './start-rollout.ts'
import { goCapability, stopCapability } from './stops.ts'
import { abortCapability, continueCapability, pauseCapability, resumeCapability, takeCapability } from './wishes.ts'

/** For each right, what its holder gets: bound to what the door allowed. */
export function bindCapabilities(parts: StartParts, rollouts: Pick<Readers['rollouts'], 'allLive'>) {
  const { store, clock } = parts
  return {
    deploy: startCapability(parts, 'deploy'),
    restart: startCapability(parts, 'restart'),
    scale: startCapability(parts, 'scale'),
    rollback: startCapability(parts, 'rollback'),
    promote: startCapability(parts, 'promote'),
    retry: startCapability(parts, 'retry'),
    take: takeCapability(store, clock),
    pause: pauseCapability(store, clock),
    resume: resumeCapability(store, clock),
    continue: continueCapability(store, clock),
    abort: abortCapability(store, clock),
    lock: lockCapability(store, clock, rollouts),
    unlock: unlockCapability(store),
    pin: pinCapability(store, clock),
    unpin: unpinCapability(store),
    stop: stopCapability(store, clock, rollouts),
    go: goCapability(store, clock, rollouts),
  }
}
