import type { Chances } from '../random.ts'
import type { PeerNet } from '../world/peers.ts'
import type { ChaosWorld } from '../world/world.ts'
import { leaderOf } from './etcd.ts'
import type { Fault } from './fault.ts'

function parted(what: string, part: (world: ChaosWorld, net: PeerNet, chances: Chances) => Promise<string>): Fault {
  return {
    what,
    async begin(world, chances) {
      const { peers } = world
      if (peers === null) throw new Error('one member has no others')
      const forMs = chances.between(1000, 9000)
      const detail = await part(world, peers, chances)
      return { forMs, detail, end: () => peers.heal() }
    },
  }
}

function isolate(net: PeerNet, member: number, of: number): string {
  for (let other = 0; other < of; other++) if (other !== member) net.part(member, other)
  return `member ${member + 1} of ${of}`
}

/** What happens between the members of an etcd of several. */
export const peerFaults: readonly Fault[] = [
  parted('a member of etcd cut off from the others, which replicas still reach', async ({ etcd }, net, chances) =>
    isolate(net, chances.between(0, etcd.length - 1), etcd.length),
  ),
  parted('the leader of etcd cut off from the others, which replicas still reach', async ({ etcd }, net) =>
    isolate(net, etcd.indexOf(await leaderOf(etcd)), etcd.length),
  ),
  parted('two members of etcd that hear only a third', async ({ etcd }, net, chances) => {
    const one = chances.between(0, etcd.length - 1)
    const other = (one + 1) % etcd.length
    net.part(one, other)
    return `members ${one + 1} and ${other + 1} of ${etcd.length}`
  }),
]
