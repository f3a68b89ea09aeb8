import type { Config } from '../config/schema.ts'
import type { HealthProbe } from '../ports/health.ts'
import { askGate, type AnnouncedPort } from '../rollout/ask-gate.ts'
import { gateOf } from '../rollout/settings.ts'
import type { Readers } from './capabilities.ts'

/** One try of a service's gate, for people who look. */
export function createHealthReader(
  config: Pick<Config, 'services'>,
  probe: HealthProbe,
  announcedPort: AnnouncedPort,
): Readers['health'] {
  return {
    async check(service, ip, unit) {
      const gate = gateOf(config, service)
      if (gate.kind === 'none') return null
      const answer = await askGate(gate, { service, unit, ip }, { probe, announcedPort })
      switch (answer.kind) {
        case 'healthy':
        case 'unhealthy':
          return answer
        case 'not-announced':
          return null
        case 'unknown':
          return { kind: 'unhealthy', reason: answer.reason }
      }
    },
  }
}
