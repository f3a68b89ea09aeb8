import type { ServiceConfig } from '../units/service-config.ts'
import type { Running } from './command.ts'
import { groupAlive } from './group.ts'
import type { Host } from './host.ts'
import type { ServiceState } from './states.ts'

const POLL_MS = 20

/** How a process group is brought to its end. Times in unscaled milliseconds. */
export interface Ending {
  readonly host: Host
  readonly unit: string
  readonly timeoutMs: number
  /** SIGTERM is held back this long (a fault). */
  readonly delayMs: number
  readonly killMode: ServiceConfig['killMode']
  enter(state: ServiceState): void
}

/** SIGTERM, then SIGKILL after the time limit, to what is left of a group; resolves when nothing is left. */
export async function endGroup(running: Running, ending: Ending): Promise<'ended' | 'killed'> {
  const { host, unit } = ending
  const whole = ending.killMode === 'control-group'
  const where = { unit, machine: host.machine, pid: running.pid }
  let how: 'ended' | 'killed' = 'ended'
  if (alive(running)) {
    ending.enter('deactivating/stop-sigterm')
    if (ending.delayMs > 0) await Promise.race([sleep(host, ending.delayMs), running.done])
    host.witness.note({ action: 'sigterm', ...where })
    running.signal('SIGTERM', whole)
    if (!(await gone(running, host, ending.timeoutMs))) {
      ending.enter('deactivating/stop-sigkill')
      host.witness.note({ action: 'sigkill', ...where })
      running.signal('SIGKILL', true)
      how = 'killed'
      await gone(running, host, Number.POSITIVE_INFINITY)
    }
  }
  await running.done
  running.forget()
  return how
}

function alive(running: Running): boolean {
  return running.pid !== 0 && groupAlive(running.pid)
}

async function gone(running: Running, host: Host, limitMs: number): Promise<boolean> {
  const until = host.clock.now() + limitMs * host.clock.scale
  while (alive(running)) {
    if (host.clock.now() > until) return false
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS)
    })
  }
  return true
}

function sleep(host: Host, ms: number): Promise<void> {
  return new Promise((resolve) => {
    host.clock.after(ms, resolve)
  })
}
