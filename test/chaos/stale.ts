import { setTimeout as sleep } from 'node:timers/promises'
import type { Replica } from '../../chaos/world/replica.ts'
import { eventually, type ChaosWorld } from '../../chaos/world/world.ts'

/** The replica that drives a rollout, once there is one and something was done. */
export async function driverOf(world: ChaosWorld): Promise<Replica> {
  let found: Replica | null = null
  await eventually('a driver', async () => {
    const owner = [...world.recorder.now].find(([key]) => key.startsWith('owners/'))?.[1] ?? ''
    found = world.replicas.find((one) => owner.includes(`:${one.bot()?.pid ?? 'none'}"`)) ?? null
    return found !== null
  })
  if (found === null) throw new Error('nobody drives')
  return found
}

/** SIGSTOP until another has taken over and done something, then SIGCONT. */
export async function frozenPastItsLease(world: ChaosWorld, replica: Replica): Promise<void> {
  const pid = String(replica.bot()?.pid)
  replica.freeze()
  const others = (): number =>
    world.recorder.changes.filter(
      ({ key, value }) => key.startsWith('owners/') && value !== null && !value.includes(`:${pid}"`),
    ).length
  const before = others()
  await eventually('another driver', () => Promise.resolve(others() > before))
  await sleep(300)
  replica.thaw()
}
