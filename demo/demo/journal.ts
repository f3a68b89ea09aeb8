import { z } from 'zod'
import { eventSchema, type RolloutEvent } from '../../src/domain/event.ts'
import { rolloutSchema, type Rollout } from '../../src/domain/rollout.ts'
import type { EtcdHttp } from '../shop/etcd-http.ts'

/** The bot's records as etcd holds them: read beside the bot, so that what it says can be checked. */
export interface Journal {
  /** Oldest first. */
  rollouts(): Promise<Rollout[]>
  /** Events of a rollout behind number `after`, in order. */
  events(id: number, after: number): Promise<RolloutEvent[]>
  /** Whether the thread of this rollout has been told to its end. */
  told(rollout: Rollout): Promise<boolean>
}

const envelope = <T>(schema: z.ZodType<T>) => z.object({ is: schema })
const thread = z.object({ shown: z.int(), closed: z.boolean() })
const counted = (id: number): string => String(id).padStart(12, '0')

export function createJournalReader(etcd: EtcdHttp, prefix: string): Journal {
  const all = async <T>(below: string, schema: z.ZodType<T>): Promise<T[]> =>
    (await etcd.range(`${prefix}${below}`)).map(({ value }) => envelope(schema).parse(JSON.parse(value)).is)
  return {
    rollouts: () => all('rollouts/', rolloutSchema),
    events: async (id, after) => (await all(`events/${counted(id)}/`, eventSchema)).filter(({ seq }) => seq > after),
    told: async ({ id, seq }) => {
      const [record] = await all(`threads/${counted(id)}`, thread)
      return record !== undefined && record.closed && record.shown >= seq
    },
  }
}
