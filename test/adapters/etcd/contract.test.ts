import { afterAll, beforeAll } from 'vitest'
import { startEtcd, type EtcdServer } from '../../../demo/etcd/start.ts'
import { storeContract } from '../../contracts/store.ts'
import { storeAt } from './support.ts'

let etcd: EtcdServer
let turn = 0

beforeAll(async () => {
  etcd = await startEtcd()
}, 40_000)

afterAll(async () => {
  await etcd.stop()
})

storeContract('a real etcd', async () => {
  turn += 1
  const store = storeAt(etcd.endpoint, { prefix: `/opsee/${turn}` })
  return {
    store,
    neighbour: store.under(`/opsee/${turn}1`),
    close: () => store.close(),
  }
})
