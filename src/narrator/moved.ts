import type { Rollout } from '../domain/rollout.ts'
import { words } from '../domain/wording.ts'
import type { Message } from '../ports/chat.ts'

/** What who asked for a rollout hears when it is shown elsewhere (`to`), or in no channel at all (null). */
export function movedMessage(
  { id, plan }: Rollout,
  move: { readonly from: string; readonly to: string | null; readonly reason: string },
): Message {
  const rollout = `Rollout ${id} (${plan.kind} of ${plan.service} to ${plan.tier})`
  // Slack's code is the last word of the reason, and all that a person can look up.
  const why = words(move.reason.split(': ').at(-1) ?? move.reason)
  const text =
    move.to === null
      ? `${rollout} cannot be shown in ${channelText(move.from)} either (${why}). It goes on all the same: \`/opsee show ${id}\` says how.`
      : `${rollout} is shown in ${channelText(move.to)}: I cannot speak in ${channelText(move.from)}, where you asked for it (${why}). ${inviteText}`
  return { text, sections: [{ kind: 'text', text }], key: `r${id}.moved` }
}

/** An archived or restricted channel is closed to members too: an invitation may or may not help. */
export const inviteText = 'If I am not in that channel, `/invite @opsee` there helps.'

/** Slack shows no name for a direct message. */
const channelText = (id: string): string => (/^[CG][A-Z0-9]+$/.test(id) ? `<#${id}>` : 'the direct message')

/** Whose id can be written to: a Slack user's. */
export const isSlackUser = (id: string): boolean => /^[UW][A-Z0-9]+$/.test(id)
