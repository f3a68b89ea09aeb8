import { isIP } from 'node:net'
import { Agent } from 'undici'
import type { Clock } from '../../ports/clock.ts'
import type { HealthGate, HealthProbe, HealthResult } from '../../ports/health.ts'
import { connectionFault } from './fault.ts'
import { checkHttp } from './http.ts'
import { checkTcp } from './tcp.ts'

export interface ClosableHealthProbe extends HealthProbe {
  close(): Promise<void>
}

/** Asks instances directly: no proxy of the environment, a fresh connection for each try. */
export function createHealthProbe(clock: Clock): ClosableHealthProbe {
  const agent = new Agent({ pipelining: 0 })
  return {
    async check(gate, address) {
      if (gate.kind === 'none') return { kind: 'healthy', identity: null }
      const port = gate.port === 'announced' ? address.port : gate.port
      if (port === null) return unhealthy(`no port is announced for the instance at ${address.ip}`)
      if (!Number.isInteger(port) || port < 1 || port > 65_535) return unhealthy(`${port} is no port`)
      const host = isIP(address.ip) === 6 ? `[${address.ip}]` : address.ip
      const where = gate.kind === 'http' ? `http://${host}:${port}${gate.path}` : `tcp ${address.ip} port ${port}`
      const asked = (signal: AbortSignal): Promise<HealthResult> =>
        gate.kind === 'http' ? checkHttp(agent, where, gate, signal) : checkTcp(address.ip, port, signal)
      return within(gate, where, asked, clock)
    },
    close: () => agent.destroy(),
  }
}

async function within(
  gate: Exclude<HealthGate, { kind: 'none' }>,
  where: string,
  ask: (signal: AbortSignal) => Promise<HealthResult>,
  clock: Clock,
): Promise<HealthResult> {
  const limit = new AbortController()
  const answered = new AbortController()
  const tooLate = unhealthy(`no answer from ${where} within ${gate.timeoutMs} ms`)
  const late = clock.sleep(gate.timeoutMs, answered.signal).then(() => {
    limit.abort()
    return tooLate
  })
  const answer = ask(limit.signal).catch((error: unknown) => {
    return limit.signal.aborted ? tooLate : unhealthy(`${connectionFault(error)} (${where})`)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    answered.abort()
    limit.abort()
  }
}

function unhealthy(reason: string): HealthResult {
  return { kind: 'unhealthy', reason }
}
