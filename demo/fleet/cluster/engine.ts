import type { LabClock } from './clock.ts'
import { Looker } from './looker.ts'
import type { Registry } from './registry.ts'
import { decidePlacements } from './schedule.ts'
import type { LabTiming } from './timing.ts'
import type { Witness } from './witness.ts'

/** The cluster's one scheduler: looks at the registry and places units. Returns what stops it. */
export function runEngine(registry: Registry, clock: LabClock, witness: Witness, timing: LabTiming): () => void {
  const { engineIntervalMs: intervalMs, watchPauseMs } = timing
  const looker = new Looker(registry, clock, { intervalMs, watchPauseMs }, () => {
    if (registry.frozen) return
    for (const placement of decidePlacements(registry.jobs(), registry.machines())) {
      if (placement.kind === 'schedule') registry.schedule(placement.unit, placement.machine)
      else registry.unschedule(placement.unit)
      const machine = placement.kind === 'schedule' ? { machine: placement.machine } : {}
      witness.note({ action: placement.kind, unit: placement.unit, ...machine, detail: placement.reason })
    }
  })
  looker.start()
  return () => looker.halt()
}
