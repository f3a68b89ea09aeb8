import { CompareResult, CompareTarget, type ICompare, type IKeyValue, type IRequestOp } from 'etcd3'
import type { CommitResult, Condition, Transaction } from '../../ports/store.ts'
import type { Connection } from './connection.ts'
import { entryOf, isLater } from './keys.ts'
import { findApplied } from './recognise.ts'

/**
 * One etcd transaction, repeated unchanged while its answer is lost. A repeat that meets a condition which no longer
 * holds looks whether it was the earlier try of its own that changed it.
 */
export async function commit(
  connection: Connection,
  root: string,
  transaction: Transaction,
  limitMs: number,
): Promise<CommitResult> {
  const required = [...new Set(transaction.require.map(({ key }) => key))]
  const read = [...new Set([...required, ...transaction.puts.map(({ key }) => key)])]
  const request = {
    compare: transaction.require.map((condition) => comparison(root, condition)),
    success: [
      ...transaction.puts.map(({ key, value, lease }) => ({
        request_put: {
          key: Buffer.from(root + key),
          value: Buffer.from(value),
          ...(lease === undefined ? {} : { lease }),
        },
      })),
      ...(transaction.deletes ?? []).map((key) => ({ request_delete_range: { key: Buffer.from(root + key) } })),
    ],
    failure: read.map((key): IRequestOp => ({ request_range: { key: Buffer.from(root + key) } })),
  }
  const before = newestKnown(connection, transaction)
  const ended = connection.clock.monotonic() + limitMs
  const { answer, hazy } = await connection.call(
    async ({ member, options, hazy }) => ({ answer: await member.client.kv.txn(request, options), hazy }),
    { limitMs, repeatable: stopsItself(transaction) },
  )
  connection.saw(answer.header)
  if (answer.succeeded) return { kind: 'committed', revision: answer.header.revision }

  const now = new Map<string, IKeyValue>()
  for (const [at, key] of read.entries()) {
    const kv = answer.responses[at]?.response_range.kvs[0]
    if (kv !== undefined) now.set(key, kv)
  }
  if (hazy) {
    const left = Math.max(0, ended - connection.clock.monotonic())
    const revision = await findApplied(connection, root, transaction.puts, now, before, left)
    if (revision !== null) return { kind: 'committed', revision }
  }
  const entries = required.flatMap((key) => now.get(key) ?? []).map((kv) => entryOf(root, kv))
  return { kind: 'conflict', entries }
}

function comparison(root: string, condition: Condition): ICompare {
  const common = { key: Buffer.from(root + condition.key), result: CompareResult.Equal }
  if (condition.kind === 'absent') return { ...common, target: CompareTarget.Create, create_revision: '0' }
  if (condition.kind === 'unchanged') return { ...common, target: CompareTarget.Mod, mod_revision: condition.modified }
  return { ...common, target: CompareTarget.Create, create_revision: condition.created }
}

/** A revision that was there before this transaction was first sent: what it names was read, and so has been. */
function newestKnown(connection: Connection, { require }: Transaction): string {
  const named = require.flatMap((condition) => {
    if (condition.kind === 'absent') return []
    return condition.kind === 'owned' ? condition.created : condition.modified
  })
  return named.reduce((newest, one) => (isLater(one, newest) ? one : newest), connection.seen())
}

/**
 * Whether having been applied makes a condition false, so that a second application (a repeat, or a request that a
 * frozen server still had in its buffer) cannot happen.
 */
function stopsItself({ require, puts, deletes = [] }: Transaction): boolean {
  const put = new Set(puts.map(({ key }) => key))
  const deleted = new Set(deletes)
  return require.some(({ kind, key }) => (kind !== 'owned' && put.has(key)) || (kind !== 'absent' && deleted.has(key)))
}
