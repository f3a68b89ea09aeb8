import { existsSync } from 'node:fs'
import type { LabClock } from '../cluster/clock.ts'

const POLL_MS = 100

/**
 * A Type=notify service reports readiness by creating the file named by FLEET_STANDIN_READY_FILE: Node cannot hold the
 * datagram socket that sd_notify(3) writes to.
 */
export function waitReady(env: Readonly<Record<string, string>>, clock: LabClock): Promise<{ readonly kind: 'ready' }> {
  const file = env['FLEET_STANDIN_READY_FILE']
  return new Promise((resolve) => {
    if (file === undefined) return
    const end = clock.every(POLL_MS, () => {
      if (!existsSync(file)) return
      end()
      resolve({ kind: 'ready' })
    })
  })
}
