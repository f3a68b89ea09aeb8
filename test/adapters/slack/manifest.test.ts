import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { SLACK_LIMITS } from '../../../src/adapters/slack/budget.ts'
import { NEEDED_SCOPES } from '../../../src/adapters/slack/identity.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const folder = join(root, 'src', 'adapters', 'slack')
const code = readdirSync(folder)
  .map((file) => readFileSync(join(folder, file), 'utf8'))
  .join('\n')
const listener = readFileSync(join(root, 'src', 'adapters', 'http', 'listen.ts'), 'utf8')
const setup = readFileSync(join(root, 'docs', 'slack-setup.md'), 'utf8')

// Limits: github.com/slackapi/manifest-schema, 2026-07.
const schema = z.strictObject({
  _metadata: z.strictObject({ major_version: z.literal(2), minor_version: z.number() }),
  display_information: z.strictObject({
    name: z.string().max(35),
    description: z.string().max(140),
    background_color: z.string().regex(/^#[0-9a-f]{6}$/),
  }),
  features: z.strictObject({
    app_home: z.record(z.string(), z.boolean()),
    bot_user: z.strictObject({ display_name: z.string().max(80), always_online: z.boolean() }),
    slash_commands: z
      .array(
        z.strictObject({
          command: z.string().regex(/^\/[a-z]{1,31}$/),
          description: z.string().max(2000),
          usage_hint: z.string().max(1000),
          should_escape: z.literal(true),
        }),
      )
      .length(1),
  }),
  oauth_config: z.strictObject({ scopes: z.strictObject({ bot: z.array(z.string()) }) }),
  settings: z.strictObject({
    event_subscriptions: z.strictObject({ bot_events: z.array(z.string()) }),
    interactivity: z.strictObject({ is_enabled: z.literal(true) }),
    org_deploy_enabled: z.boolean(),
    socket_mode_enabled: z.literal(true),
    token_rotation_enabled: z.literal(false),
  }),
})
const manifest = schema.parse(parse(readFileSync(join(root, 'slack-manifest.yaml'), 'utf8')))

/** What each method needs, by kind of channel where it differs (docs.slack.dev/reference/methods). */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  'auth.test': [],
  'chat.postMessage': ['chat:write'],
  'chat.postEphemeral': ['chat:write'],
  'chat.update': ['chat:write'],
  'reactions.add': ['reactions:write'],
  'reactions.remove': ['reactions:write'],
  'conversations.history': ['channels:history', 'groups:history', 'im:history'],
  'conversations.replies': ['channels:history', 'groups:history', 'im:history'],
  'conversations.info': ['channels:read', 'groups:read', 'im:read'],
  'usergroups.users.list': ['usergroups:read'],
  'users.info': ['users:read'],
  'bots.info': ['users:read'],
}

function methodsCalled(): readonly string[] {
  const called = [...code.matchAll(/clients\.(?:messages|lookups)\.([\w.]+)\(/g)].map((match) => match[1] ?? '')
  const taken = [...code.matchAll(/const \{ ([\w, ]+) \} = clients\.messages\.(\w+)/g)].flatMap((match) =>
    (match[1] ?? '').split(', ').map((name) => `${match[2]}.${name}`),
  )
  return [...new Set([...called, ...taken])].sort()
}

describe('the manifest', () => {
  test('asks for exactly the scopes that the methods in the code need, and those of its ways in', () => {
    const methods = methodsCalled()
    expect(methods).toEqual(Object.keys(SCOPES).sort())
    const needed = new Set(['commands', 'app_mentions:read', ...methods.flatMap((method) => SCOPES[method] ?? [])])
    expect([...manifest.oauth_config.scopes.bot].sort()).toEqual([...needed].sort())
    expect([...NEEDED_SCOPES].sort()).toEqual([...needed].sort())
  })

  test('subscribes to exactly the events that the code hears', () => {
    const events: Readonly<Record<string, string>> = { app_mention: 'app_mention', message: 'message.im' }
    const heard = [...code.matchAll(/app\.event\('(\w+)'/g)].map((match) => events[match[1] ?? ''])
    expect(manifest.settings.event_subscriptions.bot_events).toEqual(heard)
  })

  test('every method that the chat calls has a limit in the budget', () => {
    const unlimited = methodsCalled().filter((method) => !(method in SLACK_LIMITS.methods))
    expect(unlimited).toEqual(['auth.test'])
  })
})

describe('the setup page', () => {
  test('quotes what the code really says', () => {
    const rows = setup.slice(setup.indexOf('## What goes wrong')).matchAll(/^\| `([^`]+)`/gm)
    const quoted = [...rows].map((match) => match[1] ?? '')
    expect(quoted.length).toBeGreaterThan(8)
    for (const message of quoted) {
      // What differs from case to case stands in the code as a hole.
      const holes = message
        .replace(/(?<=Slack answered )\w+/, '')
        .replace(/#\w+/, '#')
        .replace(/(?<=Slack refused ).*/, '')
        .replace(/chat\.update.*/, '')
        // The listener of all ways in writes the purpose and the address.
        .replace(/(?<=cannot listen for )Slack on \d+\.\d+\.\d+\.\d+:\d+/, '')
      const parts = holes.split(/(?<=is refused: )/).map((part) => part.trim())
      for (const part of parts) expect(`${code}\n${listener}`).toContain(part)
    }
  })

  test('shows the HTTP variant of this very manifest', () => {
    const variant = parse(/```yaml\n(features:[^]*?)```/.exec(setup)?.[1] ?? '')
    const url = 'https://opsee.example.org/slack/events'
    const { slash_commands: commands } = manifest.features
    expect(variant.features.slash_commands).toEqual(commands.map((command) => Object.assign({ url }, command)))
    expect(variant.settings.event_subscriptions.bot_events).toEqual(manifest.settings.event_subscriptions.bot_events)
  })
})
