import type { AuditReader } from '../authorization/audit-reader.ts'
import { auditCapability } from './audit.ts'
import type { Readers } from './capabilities.ts'
import { lockCapability, unlockCapability } from './locks.ts'
import { pinCapability, unpinCapability } from './pins.ts'
import { startCapability, type StartParts } from './start-rollout.ts'
import { goCapability, stopCapability } from './stops.ts'
import { abortCapability, continueCapability, pauseCapability, resumeCapability, takeCapability } from './wishes.ts'

/** For each right, what its holder gets: bound to what the door allowed. */
export function bindCapabilities(
  parts: StartParts,
  rollouts: Pick<Readers['rollouts'], 'allLive'>,
  audit: AuditReader,
) {
  const { open, store, clock } = parts
  return {
    deploy: startCapability(parts, 'deploy'),
    restart: startCapability(parts, 'restart'),
    scale: startCapability(parts, 'scale'),
    rollback: startCapability(parts, 'rollback'),
    promote: startCapability(parts, 'promote'),
    retry: startCapability(parts, 'retry'),
    take: takeCapability(open, store, clock),
    pause: pauseCapability(open, store, clock),
    resume: resumeCapability(open, store, clock),
    continue: continueCapability(open, store, clock),
    abort: abortCapability(open, store, clock),
    lock: lockCapability(open, store, clock, rollouts),
    unlock: unlockCapability(open, store),
    pin: pinCapability(open, store, clock),
    unpin: unpinCapability(open, store),
    stop: stopCapability(open, store, clock, rollouts),
    go: goCapability(open, store, clock, rollouts),
    audit: auditCapability(open, audit),
  }
}
