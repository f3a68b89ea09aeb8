import { setTimeout as sleep } from 'node:timers/promises'
import { callsIn } from '../../chaos/checker/calls.ts'
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

/** A process that was stopped past its lease, and when it went on (ms since the epoch). */
export interface Stale {
  readonly pid: number
  readonly since: number
}

/** SIGSTOP until another has taken over and done something, then SIGCONT. */
export async function frozenPastItsLease(world: ChaosWorld, replica: Replica): Promise<Stale> {
  const pid = replica.bot()?.pid ?? 0
  replica.freeze()
  const others = (): number =>
    world.recorder.changes.filter(
      ({ key, value }) => key.startsWith('owners/') && value !== null && !value.includes(`:${pid}"`),
    ).length
  const before = others()
  await eventually('another driver', () => Promise.resolve(others() > before))
  await sleep(300)
  const since = Date.now()
  replica.thaw()
  return { pid, since }
}

/** What such a process did to the fleet since: each run of fleetctl that would change something, heeded or not. */
export async function doneBy(world: ChaosWorld, { pid, since }: Stale): Promise<readonly string[]> {
  const calls = callsIn(await world.evidence())
  return calls.filter((call) => call.pid === pid && call.at >= since).map(({ verb, unit }) => `${verb} ${unit}`)
}
