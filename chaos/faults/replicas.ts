import { oneOf, type Fault } from './fault.ts'

/** What happens to the bot's own processes. */
export const replicaFaults: readonly Fault[] = [
  {
    what: 'a replica killed by SIGKILL, started again later',
    async begin({ replicas }, chances) {
      const replica = oneOf(chances, replicas)
      const forMs = chances.between(0, 6000)
      await replica.kill()
      return { forMs, detail: replica.name, end: () => replica.start() }
    },
  },
  {
    what: 'all replicas killed at once, started again later',
    async begin({ replicas }, chances) {
      const forMs = chances.between(500, 4000)
      await Promise.all(replicas.map((one) => one.kill()))
      return { forMs, detail: 'all', end: () => replicas.forEach((one) => one.start()) }
    },
  },
  {
    what: 'a replica stopped by SIGSTOP, past its lease or not, then continued',
    async begin({ replicas }, chances) {
      const replica = oneOf(chances, replicas)
      const forMs = chances.between(500, 15_000)
      replica.freeze()
      return { forMs, detail: replica.name, end: () => replica.thaw() }
    },
  },
  {
    what: 'a replica told to end by SIGTERM, started again',
    async begin({ replicas }, chances) {
      const replica = oneOf(chances, replicas)
      const forMs = chances.between(0, 2000)
      await replica.drain()
      return { forMs, detail: replica.name, end: () => replica.start() }
    },
  },
]
