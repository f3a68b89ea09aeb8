import type { WebAPICallResult } from '@slack/web-api'
import type { Clients } from './client.ts'
import { failureOf, slackCode } from './failures.ts'

/** Who the bot token says that we are. */
export interface Identity {
  /** The bot's user id, as it stands in mentions. */
  readonly userId: string
  readonly botId: string
  /** Name of our workspace. */
  readonly team: string
  /** Id of our workspace (`T…`); empty when Slack did not say. */
  readonly teamId: string
  /** Id of the Enterprise organisation of our workspace (`E…`); null for none. */
  readonly enterpriseId: string | null
  /** The workspace's web address, with a slash at the end; null when Slack did not say. */
  readonly url: string | null
  /** Scopes that the token carries; empty when Slack did not say. */
  readonly scopes: readonly string[]
}

export type IdentityResult =
  | { readonly kind: 'known'; readonly identity: Identity }
  /** The token is not good: `message` names the variable and what Slack answered. Waiting does not help. */
  | { readonly kind: 'refused'; readonly message: string }
  /** Slack did not answer: try again. */
  | { readonly kind: 'away'; readonly message: string }

/** Scopes without which a part of the bot does not work; `slack-manifest.yaml` asks for them. */
export const NEEDED_SCOPES = [
  'app_mentions:read',
  'channels:history',
  'channels:read',
  'chat:write',
  'commands',
  'groups:history',
  'groups:read',
  'im:history',
  'im:read',
  'reactions:write',
  'usergroups:read',
  'users:read',
] as const

export async function identify(clients: Clients): Promise<IdentityResult> {
  try {
    const answer = await clients.lookups.auth.test()
    const { user_id: userId, bot_id: botId, team, team_id: teamId, enterprise_id: enterpriseId, url } = answer
    if (userId === undefined || botId === undefined) {
      return refused(`the token belongs to a person, not to a bot; put the app's Bot User OAuth Token (xoxb-…) there`)
    }
    return {
      kind: 'known',
      identity: {
        userId,
        botId,
        team: team ?? '',
        teamId: teamId ?? '',
        enterpriseId: enterpriseId ?? null,
        url: url === undefined ? null : url.replace(/\/*$/, '/'),
        scopes: scopesOf(answer),
      },
    }
  } catch (error) {
    const failure = failureOf(error, 'auth.test')
    if (failure.kind === 'silenced') return refused(`Slack answered ${slackCode(error)} to it; ${NEXT}`)
    return { kind: 'away', message: failure.reason }
  }
}

const NEXT = 'copy the Bot User OAuth Token (xoxb-…) from the app\'s page "OAuth & Permissions"'

function refused(why: string): IdentityResult {
  return { kind: 'refused', message: `SLACK_BOT_TOKEN is refused: ${why}` }
}

function scopesOf(answer: WebAPICallResult): readonly string[] {
  return answer.response_metadata?.scopes ?? []
}
