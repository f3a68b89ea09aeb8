import { afterAll, beforeAll } from 'vitest'
import { startEtcd, type EtcdServer } from '../../demo/etcd/start.ts'
import { createEtcdStore, type EtcdStore } from '../../src/adapters/etcd/store.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'

export interface OwnEtcd {
  /** Throws before the tests have begun. */
  readonly server: EtcdServer
  /** As if it were another process: its own connection, its own leases. Closed with the etcd. */
  newStore(prefix: string): EtcdStore
}

/** An etcd for the tests of one file: started before them, ended after them. To be called before any other hook is set. */
export function ownEtcd(): OwnEtcd {
  let server: EtcdServer | null = null
  const stores: EtcdStore[] = []
  const started = (): EtcdServer => {
    if (server === null) throw new Error('the etcd of these tests is not started yet')
    return server
  }
  beforeAll(async () => {
    server = await startEtcd()
  })
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()))
    await server?.stop()
  })
  return {
    get server() {
      return started()
    },
    newStore(prefix) {
      const { endpoint } = started()
      const store = createEtcdStore({ endpoints: [endpoint], prefix, timeoutMs: 5000, clock: systemClock })
      stores.push(store)
      return store
    },
  }
}
