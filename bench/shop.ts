import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** What the benches roll: processes that start and end at once, so that what is measured is fleet and who drives it. */

export const ann = 'U0ANN'
export const channel = 'C0DEPLOYS'
export const historyChannel = 'C0HISTORY'
export const tier = 'production'

const unitFile = (name: string): string => `[Unit]
Description=${name}

[Service]
ExecStart=/bin/sleep 1000000
TimeoutStopSec=5
`

/** `three`, `thirty`: a template each, with that many instances. */
export const serviceOf = (instances: 3 | 30): string => (instances === 3 ? 'three' : 'thirty')

export const unitsOf = (instances: 3 | 30): readonly string[] =>
  Array.from({ length: instances }, (_, index) => `${serviceOf(instances)}@${index + 1}.service`)

/** Services of one plain unit each: as many rollouts can be live at once. */
export const liveServices = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `live-${index + 1}`)

/** Writes the unit files into a new folder and returns it. */
export function writeUnits(dir: string, live: number): string {
  const folder = path.join(dir, 'units')
  mkdirSync(folder)
  for (const name of ['three@', 'thirty@', ...liveServices(live)]) {
    writeFileSync(path.join(folder, `${name}.service`), unitFile(name))
  }
  return folder
}

/** The bot's configuration: all defaults but the settle time, which the shell loop shares. JSON is YAML. */
export function benchConfig(given: {
  readonly apiUrl: string
  readonly etcd: string
  readonly fleetctl: string
  readonly policy: string
  readonly endpoints: readonly string[]
  readonly settleMs: number
  readonly live: number
}): string {
  // Long enough to stay live while memory is measured.
  const stays = { settle: '1h', progressDeadline: '2h' }
  const live = liveServices(given.live).map((name) => [name, { team: 'team', unit: `${name}.service`, rollout: stays }])
  return JSON.stringify({
    slack: { historyChannel, apiUrl: given.apiUrl },
    etcd: { endpoints: [given.etcd] },
    fleetctl: { binary: given.fleetctl },
    engine: { rollout: { settle: `${given.settleMs}ms` } },
    policy: given.policy,
    groups: { admins: { users: [ann] }, deployers: { users: [ann] }, team: { users: [ann] } },
    tiers: { [tier]: { fleet: { endpoints: given.endpoints, strictHostKeyChecking: false } } },
    services: {
      three: { team: 'team', unit: 'three@.service' },
      thirty: { team: 'team', unit: 'thirty@.service' },
      ...Object.fromEntries(live),
    },
  })
}
