import { z } from 'zod'
import { keys } from '../store/keys.ts'
import { recordType } from '../store/record.ts'

const ref = z.strictObject({ channel: z.string(), id: z.string() })

/** How far a rollout has been told: the narrator's own position, apart from the rollout. */
const threadSchema = z.strictObject({
  id: z.int(),
  /** The message that shows the whole; null until it was posted. */
  root: ref.nullable(),
  /** Where the lines go. */
  home: z.strictObject({ channel: z.string(), thread: z.string().nullable() }),
  /** It could not be told where it was asked for, and is told in the history channel instead. */
  moved: z.boolean(),
  /** Nobody can be told any more: every place is closed. */
  silent: z.boolean(),
  /** How often a deleted root was posted anew. */
  reposts: z.int(),
  /** Number of the last event that the thread shows. */
  shown: z.int(),
  /** Our last message at home, to look behind it. */
  lastPost: z.string().nullable(),
  /** What is being sent, recorded before it is: after a crash the narrator looks whether it arrived. */
  sending: z
    .strictObject({ what: z.enum(['root', 'lines', 'closing']), key: z.string(), upTo: z.int(), at: z.int() })
    .nullable(),
  /** Fingerprint of the root as it was last shown. */
  rootShown: z.string().nullable(),
  reaction: z.string().nullable(),
  /** Our closing line was posted where the team follows. */
  closed: z.boolean(),
})

export type Thread = z.infer<typeof threadSchema>

/** The key that says which rollout is shown in this thread; null until its root message is posted. */
export function indexKeyOf({ id, root, home }: Pick<Thread, 'id' | 'root' | 'home'>): string | null {
  return root === null || home.thread === null ? null : keys.threadAt(home.channel, home.thread, id)
}

export const threadRecord = recordType(threadSchema)
