import { AlarmAction } from 'etcd3'
import type { Connection } from './connection.ts'
import { range } from './read.ts'

export interface EtcdHealth {
  /** Of the member that answered, such as `3.5.21`. */
  readonly version: string
  readonly dbSizeBytes: number
  /** Raised alarms of all members, such as `NOSPACE`; while one stands, writes are refused. */
  readonly alarms: readonly string[]
}

export async function check(connection: Connection, root: string, limitMs: number): Promise<EtcdHealth> {
  await range(connection, root, '', { limit: 1, keysOnly: true }, limitMs)
  const limits = { limitMs }
  const status = await connection.call(({ member, options }) => member.client.maintenance.status(options), limits)
  const raised = await connection.call(
    ({ member, options }) => member.client.maintenance.alarm({ action: AlarmAction.Get }, options),
    limits,
  )
  return {
    version: status.version,
    dbSizeBytes: Number(status.dbSize),
    alarms: [...new Set(raised.alarms.map(({ alarm }) => alarm.toUpperCase()))],
  }
}
