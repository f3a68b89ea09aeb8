/** Our own workspace, and the Enterprise organisation that it belongs to. */
export interface Home {
  /** Empty when Slack did not say. */
  readonly teamId: string
  /** Null for none. */
  readonly enterpriseId: string | null
}

/** The teams that a payload names for the person who sent it. */
export interface NamedTeams {
  /** Workspaces (`T…`) or organisations (`E…`), each once. Empty when the payload names none. */
  readonly teams: readonly string[]
  /** The organisation of a workspace, where the payload says so. */
  readonly enterprises: ReadonlyMap<string, string>
  /** The channel is shared with another organisation. */
  readonly shared: boolean
}

export type Origin =
  | { readonly kind: 'ours'; readonly team: string | undefined }
  | { readonly kind: 'other'; readonly team: string }
  /** Our organisation has several workspaces, and the payload does not say whether this is one of them. */
  | { readonly kind: 'to-ask'; readonly team: string }

/**
 * Whether a person is one of ours. Each team that the payload names must be ours. A payload that names no team is ours,
 * because Slack names the team of everybody who comes through Slack Connect; in a shared channel it is not. Pure.
 */
export function originOf({ teams, enterprises, shared }: NamedTeams, home: Home): Origin {
  const kinds = teams.map((team) => kindOf(team, enterprises, home))
  const other = kinds.indexOf('other')
  if (other >= 0) return { kind: 'other', team: teams[other] ?? '' }
  const ask = kinds.indexOf('to-ask')
  if (ask >= 0) return { kind: 'to-ask', team: teams[ask] ?? '' }
  if (teams.length === 0 && shared) return { kind: 'other', team: '' }
  return { kind: 'ours', team: teams[0] }
}

function kindOf(team: string, enterprises: ReadonlyMap<string, string>, home: Home): Origin['kind'] {
  const { teamId, enterpriseId } = home
  // Slack did not name our own workspace: then only an organisation can be compared.
  if (team === teamId || team === enterpriseId) return 'ours'
  if (enterpriseId === null) return teamId === '' ? 'ours' : 'other'
  const enterprise = enterprises.get(team)
  if (enterprise !== undefined) return enterprise === enterpriseId ? 'ours' : 'other'
  return team.startsWith('E') ? 'other' : 'to-ask'
}

/** The teams of a slash command: the workspace where it was typed. */
export const slashTeams = (payload: {
  readonly team_id?: string | null | undefined
  readonly enterprise_id?: string | null | undefined
}): NamedTeams => named([payload.team_id], [[payload.team_id, payload.enterprise_id]], false)

/** The teams of a click: the person's own, and that of the place. */
export function clickTeams(payload: {
  readonly user: { readonly team_id?: string | null | undefined }
  readonly team?:
    { readonly id?: string | undefined; readonly enterprise_id?: string | null | undefined } | null | undefined
  readonly enterprise?: { readonly id?: string | undefined } | null | undefined
}): NamedTeams {
  const place = payload.team?.id
  return named([payload.user.team_id, place], [[place, payload.team?.enterprise_id ?? payload.enterprise?.id]], false)
}

/**
 * The teams of a message. Inside the event are those of its writer. `source_team` can be the workspace that hosts a shared
 * channel, so it only counts where `user_team` is absent. The `team_id` around the event can be the host's as well
 * (https://github.com/slackapi/bolt-js/issues/935), so it only counts where the event names no team.
 */
export function messageTeams(payload: {
  readonly team_id?: string | null | undefined
  readonly enterprise_id?: string | null | undefined
  readonly is_ext_shared_channel?: boolean | undefined
  readonly event: {
    readonly team?: string | null | undefined
    readonly user_team?: string | null | undefined
    readonly source_team?: string | null | undefined
    readonly user_profile?: { readonly team?: string | null | undefined } | null | undefined
  }
}): NamedTeams {
  const { event } = payload
  const shared = payload.is_ext_shared_channel === true
  const own = [event.user_team, event.team, event.user_profile?.team]
  const inside = isNamed(event.user_team) ? own : [...own, event.source_team]
  const teams = inside.some(isNamed) || shared ? inside : [payload.team_id]
  return named(teams, [[payload.team_id, payload.enterprise_id]], shared)
}

type Maybe = string | null | undefined

const isNamed = (team: Maybe): team is string => typeof team === 'string' && team !== ''

function named(teams: readonly Maybe[], pairs: readonly (readonly [Maybe, Maybe])[], shared: boolean): NamedTeams {
  const enterprises = new Map<string, string>()
  for (const [team, enterprise] of pairs) if (isNamed(team) && isNamed(enterprise)) enterprises.set(team, enterprise)
  return { teams: [...new Set(teams.filter(isNamed))], enterprises, shared }
}
