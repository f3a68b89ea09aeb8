import { describe, expect, test } from 'vitest'
import { appIdIn, isOfApp } from '../../../src/adapters/slack/app-id.ts'
import { clickTeams, messageTeams, originOf, slashTeams } from '../../../src/adapters/slack/origin.ts'
import { clickRequest, directRequest, mentionRequest, slashRequest } from '../../../src/adapters/slack/requests.ts'

const home = { teamId: 'T0OURS', enterpriseId: null }
const grid = { teamId: 'T0OURS', enterpriseId: 'E0OURS' }

describe('a person belongs to us', () => {
  test.each([
    ['a slash command of our workspace', slashTeams({ team_id: 'T0OURS' })],
    ['a click of ours', clickTeams({ user: { team_id: 'T0OURS' }, team: { id: 'T0OURS' } })],
    ['a click that only names the place', clickTeams({ user: {}, team: { id: 'T0OURS' } })],
    ['a message of ours', messageTeams({ team_id: 'T0OURS', event: { team: 'T0OURS' } })],
    [
      'ours in a channel that another organisation hosts',
      messageTeams({ team_id: 'T0HOST', event: { team: 'T0OURS' } }),
    ],
    [
      'ours with the host as source',
      messageTeams({ event: { team: 'T0OURS', user_team: 'T0OURS', source_team: 'T0HOST' } }),
    ],
    ['a message that names no team inside', messageTeams({ team_id: 'T0OURS', event: {} })],
    ['a payload that names no team at all', slashTeams({})],
  ])('%s', (_what, named) => {
    expect(originOf(named, home)).toMatchObject({ kind: 'ours' })
    expect(originOf(named, grid)).toMatchObject({ kind: 'ours' })
  })

  test.each([
    ['a slash command', slashTeams({ team_id: 'T0SISTER', enterprise_id: 'E0OURS' })],
    ['a click', clickTeams({ user: { team_id: 'T0SISTER' }, team: { id: 'T0SISTER', enterprise_id: 'E0OURS' } })],
    ['a click, organisation beside', clickTeams({ user: {}, team: { id: 'T0SISTER' }, enterprise: { id: 'E0OURS' } })],
    ['a message', messageTeams({ team_id: 'T0SISTER', enterprise_id: 'E0OURS', event: { team: 'T0SISTER' } })],
    ['a message that names the organisation', messageTeams({ event: { user_team: 'E0OURS' } })],
  ])('from another workspace of our Enterprise organisation: %s', (_what, named) => {
    expect(originOf(named, grid)).toMatchObject({ kind: 'ours' })
    expect(originOf(named, home)).toMatchObject({ kind: 'other' })
  })

  test('is asked of Slack where only a workspace is named', () => {
    const named = messageTeams({ team_id: 'T0OURS', enterprise_id: 'E0OURS', event: { team: 'T0SISTER' } })
    expect(originOf(named, grid)).toEqual({ kind: 'to-ask', team: 'T0SISTER' })
    expect(originOf(named, home)).toEqual({ kind: 'other', team: 'T0SISTER' })
  })
})

describe('a person belongs to another organisation', () => {
  test.each([
    ['slash', slashTeams({ team_id: 'T0OTHER' })],
    ['slash of their organisation', slashTeams({ team_id: 'T0OTHER', enterprise_id: 'E0OTHER' })],
    ['click by their own team', clickTeams({ user: { team_id: 'T0OTHER' }, team: { id: 'T0OURS' } })],
    [
      'click by the place',
      clickTeams({ user: { team_id: 'T0OURS' }, team: { id: 'T0OTHER', enterprise_id: 'E0OTHER' } }),
    ],
    ['team', messageTeams({ team_id: 'T0OURS', event: { team: 'T0OTHER' } })],
    ['user_team', messageTeams({ team_id: 'T0OURS', event: { user_team: 'T0OTHER' } })],
    ['source_team', messageTeams({ team_id: 'T0OURS', event: { source_team: 'T0OTHER' } })],
    ['source_team beside our team', messageTeams({ event: { team: 'T0OURS', source_team: 'T0OTHER' } })],
    ['user_team beside our team', messageTeams({ event: { team: 'T0OURS', user_team: 'T0OTHER' } })],
    ['team beside our user_team', messageTeams({ event: { team: 'T0OTHER', user_team: 'T0OURS' } })],
    ['profile', messageTeams({ team_id: 'T0OURS', event: { user_profile: { team: 'T0OTHER' } } })],
    ['outside only', messageTeams({ team_id: 'T0OTHER', event: {} })],
    ['nobody named in a shared channel', messageTeams({ team_id: 'T0OURS', is_ext_shared_channel: true, event: {} })],
  ])('%s', (_what, named) => {
    expect(originOf(named, home)).toMatchObject({ kind: 'other' })
    expect(originOf(named, grid).kind).not.toBe('ours')
  })

  test('although the place is our organisation', () => {
    const named = clickTeams({ user: { team_id: 'T0OTHER' }, team: { id: 'T0OURS', enterprise_id: 'E0OURS' } })
    expect(originOf(named, grid)).toEqual({ kind: 'to-ask', team: 'T0OTHER' })
  })
})

describe('the shape of ids', () => {
  const slash = { text: 'status', user_id: 'U1', channel_id: 'C1', trigger_id: '1.2', team_id: 'T1' }
  const click = {
    user: { id: 'U1', team_id: 'T1' },
    team: { id: 'T1' },
    channel: { id: 'C1' },
    actions: [{ action_id: 'opsee:1', value: 'status' }],
  }
  const event = { text: '<@U0BOT> status', user: 'U1', channel: 'C1', ts: '1.1', team: 'T1' }

  test('is checked before anything is done with them', () => {
    expect(slashRequest(slash)).not.toBeNull()
    expect(clickRequest(click)).not.toBeNull()
    expect(mentionRequest({ event }, 'U0BOT')).not.toBeNull()
  })

  test.each(['builds', 'u1', 'U1 ', '', '__proto__', 'U1|x', '<@U1>', 'U'.padEnd(80, '1')])('user %o', (id) => {
    expect(slashRequest({ ...slash, user_id: id })).toBeNull()
    expect(clickRequest({ ...click, user: { id } })).toBeNull()
    expect(mentionRequest({ event: { ...event, user: id } }, 'U0BOT')).toBeNull()
    expect(directRequest({ event: { ...event, user: id, channel: 'D1' } }, 'U0BOT')).toBeNull()
  })

  test.each(['general', 'c1', 'C1/../x', '#deploys'])('channel %o', (id) => {
    expect(slashRequest({ ...slash, channel_id: id })).toBeNull()
    expect(clickRequest({ ...click, channel: { id } })).toBeNull()
    expect(mentionRequest({ event: { ...event, channel: id } }, 'U0BOT')).toBeNull()
  })

  test.each(['ours', 't1', 'T1 or T2'])('team %o', (id) => {
    expect(slashRequest({ ...slash, team_id: id })).toBeNull()
    expect(clickRequest({ ...click, user: { id: 'U1', team_id: id } })).toBeNull()
    expect(mentionRequest({ event: { ...event, team: id } }, 'U0BOT')).toBeNull()
  })
})

describe('the app of a payload', () => {
  test('is known from the app token, where it shows it', () => {
    expect(appIdIn('xapp-1-A012ABCDEF-123-abc')).toBe('A012ABCDEF')
    expect(appIdIn('xapp-local-opsee')).toBeNull()
  })

  test('must be ours', () => {
    expect(isOfApp({ api_app_id: 'A1' }, 'A1')).toBe(true)
    expect(isOfApp({ api_app_id: 'A2' }, 'A1')).toBe(false)
    expect(isOfApp({}, 'A1')).toBe(true)
    expect(isOfApp({ api_app_id: 'A2' }, null)).toBe(true)
    expect(isOfApp(null, 'A1')).toBe(true)
  })
})
