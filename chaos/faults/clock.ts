import type { Fault } from './fault.ts'

/** What happens to the time of day. Only in a world in which the first replica has a clock that can be moved. */
export const clockFaults: readonly Fault[] = [
  {
    what: 'the clock of a replica jumped by minutes, and back',
    async begin({ replicas }, chances) {
      const [replica] = replicas
      const forMs = chances.between(2000, 10_000)
      const seconds = chances.between(1, 20) * (chances.happens(0.5) ? 60 : -60)
      replica?.clock?.wrongBy(seconds)
      const detail = `${replica?.name ?? ''}, by ${seconds / 60} min`
      return { forMs, detail, end: () => replica?.clock?.wrongBy(0) }
    },
  },
]
