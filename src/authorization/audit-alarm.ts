import { z } from 'zod'
import type { Log } from '../ports/log.ts'
import type { Condition, StoreReader, StoreWriter } from '../ports/store.ts'
import { StoreUnavailable } from '../ports/store.ts'
import { recordType, UnreadableRecord } from '../store/record.ts'
import { chainKeys, type ChainName } from './chain.ts'

/** Findings that people were told of, newest first. */
const alarmRecord = recordType(z.strictObject({ told: z.array(z.string()) }))
const mostTold = 20
/** Findings that wait to be told while the chat or the store is unreachable. */
const mostWaiting = 20

export interface AuditAlarm {
  /** Notes that a chain was changed from outside. Logs it at once, each finding once. */
  raise(chain: ChainName, why: string): void
  /** Tells people of what was not told yet. Each replica calls this; one of them tells. Never rejects for the store or the chat. */
  tellWaiting(): Promise<void>
}

/** Reports loudly that the audit log was changed by somebody else than Opsee. */
export function createAuditAlarm(deps: {
  readonly store: StoreReader & StoreWriter
  readonly log: Log
  /** Shows a text to people; false when that must be tried again. */
  readonly tell: (text: string) => Promise<boolean>
}): AuditAlarm {
  const { store, log, tell } = deps
  const raised = new Set<string>()
  /** `mine`: this process claimed it, and only the chat is still missing. */
  const waiting: { readonly chain: ChainName; readonly why: string; mine: boolean }[] = []

  /** Whether this process is the one to tell. */
  async function claim(chain: ChainName, why: string): Promise<boolean> {
    const key = chainKeys[chain].alarm
    const entry = await store.get(key)
    const { told } = entry === null ? { told: [] } : alarmRecord.read(entry)
    if (told.includes(why)) return false
    const unchanged: Condition =
      entry === null ? { kind: 'absent', key } : { kind: 'unchanged', key, modified: entry.modified }
    const puts = [{ key, value: alarmRecord.write({ told: [why, ...told].slice(0, mostTold) }) }]
    return (await store.commit({ require: [unchanged], puts })).kind === 'committed'
  }

  return {
    raise(chain, why) {
      const name = `${chain} ${why}`
      if (raised.has(name)) return
      if (raised.size >= 1000) raised.clear()
      raised.add(name)
      log.error({ chain, why }, 'the audit log was changed outside of Opsee')
      if (waiting.length < mostWaiting) waiting.push({ chain, why, mine: false })
    },

    async tellWaiting() {
      for (const one of waiting.splice(0)) {
        try {
          if (!one.mine && !(await claim(one.chain, one.why))) continue
          one.mine = true
        } catch (error) {
          if (!(error instanceof StoreUnavailable || error instanceof UnreadableRecord)) throw error
          // Told without a claim rather than not at all: an unreadable alarm is one more sign.
          if (error instanceof StoreUnavailable) {
            waiting.push(one)
            return
          }
        }
        if (await tell(alarmText(one.chain, one.why))) continue
        waiting.push(one)
        return
      }
    },
  }
}

function alarmText(chain: ChainName, why: string): string {
  const which = chain === 'grants' ? 'what was allowed' : 'what was denied'
  return (
    `🚨 The audit log of ${which} was changed outside of Opsee: ${why}. ` +
    'Opsee writes over no record that is left and goes on behind them. ' +
    'See what does not fit with `/opsee audit verify`, and compare with a backup of etcd.'
  )
}
