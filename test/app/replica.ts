import type { EtcdServer } from '../../demo/etcd/start.ts'
import { createEtcdStore, type EtcdStore } from '../../src/adapters/etcd/store.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { createApp, type App, type AppParts } from '../../src/app.ts'
import { commandsDirectory, loadCommands } from '../../src/command/load.ts'
import { policyOf, shippedText } from '../authorization/support.ts'
import { quietLog } from '../support/quiet-log.ts'
import { noPreparations } from '../support/releases.ts'

/** One of several processes on an etcd: everything of it but the process. */
export interface Replica {
  readonly app: App
  readonly store: EtcdStore
}

/** All keys of this test file's apps are below this. */
const prefix = '/two/'

export async function startReplica(
  etcd: EtcdServer,
  name: string,
  parts: Pick<AppParts, 'config' | 'schedulers' | 'probe' | 'chat'> &
    Partial<Pick<AppParts, 'registry' | 'webhooks' | 'log' | 'preparations'>>,
  commandsMs = 10_000,
): Promise<Replica> {
  const store = createEtcdStore({ endpoints: [etcd.endpoint], prefix, timeoutMs: 10_000, clock: systemClock })
  const app = createApp({
    registry: null,
    webhooks: null,
    preparations: noPreparations,
    log: quietLog(),
    ...parts,
    commands: await loadCommands(commandsDirectory()),
    policy: policyOf(shippedText, parts.config),
    stores: {
      commands: store.within(commandsMs),
      engine: store,
      discovery: store.under('/services/'),
      absolute: store.under(''),
    },
    directory: { members: async () => null },
    people: { person: async () => null, home: async () => null },
    clock: systemClock,
    redact: (text) => text.replaceAll('hunter22', '‹secret›'),
    driver: name,
    newId: () => 'ref',
  })
  return { app, store }
}
