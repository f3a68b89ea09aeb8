import type { EditResult, MessageRef } from '../../ports/chat.ts'
import type { Clients } from './client.ts'
import { slackCode } from './failures.ts'
import type { Identity } from './identity.ts'

/** Runs one Web API call under the budget, and turns what it throws into a failure. */
export type Guarded = (method: string, channel: string, call: () => Promise<void>) => Promise<EditResult>

/** The status reaction: one of ours on a message, whatever was there before. Remembers the last few hundred messages. */
export function createReactions(clients: Clients, who: () => Promise<Identity | null>) {
  const known = new Map<string, Set<string>>()

  const remember = (id: string, names: Set<string>): void => {
    known.delete(id)
    known.set(id, names)
    const oldest = known.keys().next()
    if (known.size > 500 && !oldest.done) known.delete(oldest.value)
  }

  /** Which reactions of ours are on the message: read once, so that a restarted bot takes the old one away too. */
  const present = async (message: MessageRef, guarded: Guarded): Promise<Set<string> | EditResult> => {
    const id = `${message.channel}/${message.id}`
    const before = known.get(id)
    if (before !== undefined) return before
    const names = new Set<string>()
    const us = await who()
    const read = await guarded('conversations.replies', message.channel, async () => {
      const root = { channel: message.channel, ts: message.id, limit: 1, inclusive: true, latest: message.id }
      const answer = await clients.lookups.conversations.replies(root)
      const found = answer.messages?.find((candidate) => candidate.ts === message.id)
      for (const reaction of found?.reactions ?? []) {
        if (us !== null && reaction.name !== undefined && reaction.users?.includes(us.userId)) names.add(reaction.name)
      }
    })
    // Whoever may not read the channel may still react: then older reactions stay, which beats showing no state.
    if (read.kind === 'later' || read.kind === 'unknown' || read.kind === 'silenced') return read
    remember(id, names)
    return names
  }

  return async (message: MessageRef, name: string, guarded: Guarded): Promise<EditResult> => {
    const ours = await present(message, guarded)
    if (!(ours instanceof Set)) return ours
    const target = { channel: message.channel, timestamp: message.id }
    if (!ours.has(name)) {
      // The new one first, so that the message is never without a state.
      const added = await guarded('reactions.add', message.channel, () =>
        tolerating('already_reacted', clients.messages.reactions.add({ ...target, name })),
      )
      if (added.kind !== 'done') return added
      ours.add(name)
    }
    for (const old of [...ours].filter((candidate) => candidate !== name)) {
      const removed = await guarded('reactions.remove', message.channel, () =>
        tolerating('no_reaction', clients.messages.reactions.remove({ ...target, name: old })),
      )
      if (removed.kind !== 'done') return removed
      ours.delete(old)
    }
    return { kind: 'done' }
  }
}

async function tolerating(code: string, call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (slackCode(error) !== code) throw error
  }
}
