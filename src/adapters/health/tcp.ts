import { connect } from 'node:net'
import type { HealthResult } from '../../ports/health.ts'
import { connectionFault } from './fault.ts'

/** Healthy when the connection is accepted; it is closed at once. Rejects when the signal aborts. */
export function checkTcp(ip: string, port: number, signal: AbortSignal): Promise<HealthResult> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: ip, port, signal })
    const end = (result: HealthResult): void => {
      socket.destroy()
      resolve(result)
    }
    socket.once('connect', () => end({ kind: 'healthy', identity: null }))
    socket.on('error', (error) => {
      if (signal.aborted) reject(error)
      end({ kind: 'unhealthy', reason: `${connectionFault(error)} (tcp ${ip} port ${port})` })
    })
  })
}
