import { z } from 'zod'
import type { EtcdServer } from '../../demo/etcd/start.ts'
import type { ChaosWorld } from '../world/world.ts'
import { oneOf, type Fault } from './fault.ts'

const status = z.object({ leader: z.string(), header: z.object({ member_id: z.string() }) })

/** The member that leads; the first when none says that it does. */
export async function leaderOf(etcd: readonly EtcdServer[]): Promise<EtcdServer> {
  for (const member of etcd) {
    const signal = AbortSignal.timeout(1000)
    const answer = await fetch(`${member.endpoint}/v3/maintenance/status`, { method: 'POST', body: '{}', signal })
      .then((response) => response.json())
      .catch(() => null)
    const read = status.safeParse(answer)
    if (read.success && read.data.leader === read.data.header.member_id) return member
  }
  const [first] = etcd
  if (first === undefined) throw new Error('there is no etcd')
  return first
}

const nameOf = (world: ChaosWorld, member: EtcdServer): string =>
  `member ${world.etcd.indexOf(member) + 1} of ${world.etcd.length}`

/** What happens to etcd, and on the way to it. */
export const etcdFaults: readonly Fault[] = [
  {
    what: 'a member of etcd killed by SIGKILL, started again later',
    async begin(world, chances) {
      const member = oneOf(chances, world.etcd)
      const forMs = chances.between(0, 6000)
      await member.kill()
      return { forMs, detail: nameOf(world, member), end: () => member.restart() }
    },
  },
  {
    what: 'the leader of etcd killed, started again later',
    async begin(world, chances) {
      const forMs = chances.between(500, 5000)
      const member = await leaderOf(world.etcd)
      await member.kill()
      return { forMs, detail: nameOf(world, member), end: () => member.restart() }
    },
  },
  {
    what: 'the leader of etcd stopped by SIGSTOP, then continued',
    async begin(world, chances) {
      const forMs = chances.between(500, 7000)
      const member = await leaderOf(world.etcd)
      member.pause()
      return { forMs, detail: nameOf(world, member), end: () => member.resume() }
    },
  },
  {
    what: 'a replica cut off from etcd: nothing passes, connections stay open',
    async begin({ replicas }, chances) {
      const replica = oneOf(chances, replicas)
      const forMs = chances.between(500, 9000)
      for (const proxy of replica.etcd) proxy.freeze()
      return { forMs, detail: replica.name, end: () => replica.etcd.forEach((proxy) => proxy.pass()) }
    },
  },
  {
    what: 'a replica is heard by etcd and hears no answer',
    async begin({ replicas }, chances) {
      const replica = oneOf(chances, replicas)
      const forMs = chances.between(500, 6000)
      for (const proxy of replica.etcd) proxy.holdReplies()
      return { forMs, detail: replica.name, end: () => replica.etcd.forEach((proxy) => proxy.pass()) }
    },
  },
  {
    what: 'all connections of a replica to etcd broken',
    async begin({ replicas }, chances) {
      const replica = oneOf(chances, replicas)
      for (const proxy of replica.etcd) proxy.cut()
      return { forMs: 0, detail: replica.name, end: () => undefined }
    },
  },
  {
    what: 'etcd answers a replica late',
    async begin({ replicas }, chances) {
      const replica = oneOf(chances, replicas)
      const [forMs, ms] = [chances.between(2000, 8000), chances.between(50, 700)]
      for (const proxy of replica.etcd) proxy.delay(ms)
      return { forMs, detail: `${replica.name}, by ${ms} ms`, end: () => replica.etcd.forEach((proxy) => proxy.pass()) }
    },
  },
]
