import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EtcdServer } from '../../demo/etcd/start.ts'
import { startEtcd } from '../../demo/etcd/start.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { checkConfig } from '../../src/check-config.ts'
import { shippedText } from '../authorization/support.ts'

const folder = mkdtempSync(join(tmpdir(), 'opsee-check-'))
const token = ['xoxb', '123456789012', 'abcdefABCDEF'].join('-')
const appToken = ['xapp', '1', 'A0', 'abcdefabcdef'].join('-')
const env = { SLACK_BOT_TOKEN: token, SLACK_APP_TOKEN: appToken, PATH: process.env['PATH'] }

let etcd: EtcdServer
let slack: Server
let apiUrl = ''
let asked: string[] = []
/** Sockets that were opened: none may be. */
let sockets = 0
/** What the stand-in for Slack answers, by method. */
let answers: Readonly<Record<string, object>> = {}
const healthy = {
  '/auth.test': { ok: true, user_id: 'UBOT', bot_id: 'BBOT', team: 'Opsee' },
  '/apps.connections.open': { ok: true, url: 'ws://127.0.0.1:1/' },
  '/conversations.info': { ok: true, channel: { name: 'deploys', is_member: true } },
  '/usergroups.users.list': { ok: true, users: ['U012AAAAAA'] },
}

beforeAll(async () => {
  etcd = await startEtcd()
  slack = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`)
    const answer = answers[new URL(request.url ?? '', 'http://x').pathname.replace('/api', '')]
    if (answer === undefined) return
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer))
  })
  slack.on('upgrade', (_, socket) => {
    sockets += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => slack.listen(0, '127.0.0.1', resolve))
  const address = slack.address()
  apiUrl = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}/api/` : ''
  writeFileSync(join(folder, 'policy.cedar'), shippedText)
  // Enough of fleetctl for its version and for the lists of a fleet that runs nothing.
  const machine = `${'1'.repeat(32)}\\t127.0.0.11\\t-`
  const script = `case "$*" in *version*) echo "fleetctl version 1.0.0";; *list-machines*) printf '${machine}\\n';; esac`
  writeFileSync(join(folder, 'fleetctl'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, 'fleetctl'), 0o755)
}, 60_000)

afterAll(async () => {
  slack.closeAllConnections()
  await new Promise((resolve) => slack.close(resolve))
  await etcd.stop()
  rmSync(folder, { recursive: true })
})

const configText = () => `slack: { historyChannel: C012ABCDEF, apiUrl: '${apiUrl}' }
etcd: { endpoints: ['${etcd.endpoint}'] }
fleetctl: { binary: ./fleetctl }
groups:
  backend: { users: [U012AAAAAA] }
  deployers: { slackUserGroup: S012DEPLOY }
  admins: { users: [U012AAAAAA] }
tiers:
  staging: { fleet: { endpoints: ['http://127.0.0.1:1'] } }
services:
  api: { team: backend, unit: api@.service }
`

async function check(text: string, environment: Readonly<Record<string, string | undefined>> = env) {
  const file = join(folder, 'opsee.yaml')
  writeFileSync(file, text)
  const lines: string[] = []
  const code = await checkConfig({ file, env: environment, clock: systemClock, print: (line) => lines.push(line) })
  return { code, text: lines.join('\n') }
}

describe('check-config', () => {
  test('says of each part that it works', async () => {
    answers = healthy
    const { code, text } = await check(configText())
    expect(text).toMatch(/ok +configuration: .*1 service, 1 tier, 3 groups/)
    expect(text).toMatch(/ok +policy: /)
    expect(text).toMatch(/ok +etcd: .*version 3/)
    expect(text).toMatch(/ok +fleet of staging: .*fleetctl 1\.0\.0/)
    expect(text).toMatch(/ok +slack: the bot is UBOT in Opsee/)
    expect(text).toMatch(/ok +slack: the app-level token may open Socket Mode connections/)
    expect(text).toMatch(/ok +slack: #deploys \(C012ABCDEF\) can be written to/)
    expect(text).toMatch(/ok +slack: the user group of deployers has 1 member/)
    expect(text).not.toMatch(/^failed/m)
    expect(code).toBe(0)
  })

  test('tells all that fails, each with what to do, and shows no secret', async () => {
    answers = { ...healthy, '/auth.test': { ok: false, error: 'invalid_auth' } }
    const broken = configText()
      .replace(etcd.endpoint, 'http://127.0.0.1:1')
      .replace('./fleetctl', './no-fleetctl')
      .replace('{ users: [U012AAAAAA] }\ntiers', '{ users: [] }\ntiers')
    writeFileSync(join(folder, 'policy.cedar'), shippedText.replace('Group::"admins"', 'Group::"admin"'))
    const { code, text } = await check(broken)
    writeFileSync(join(folder, 'policy.cedar'), shippedText)
    expect(text).toMatch(
      /failed +policy: .*policy\.cedar:\d+:\d+: policy "admins-let-the-line-go": unknown group "admin"/,
    )
    expect(text).toMatch(/failed +etcd: .*127\.0\.0\.1:1/)
    expect(text).toMatch(/failed +fleet of staging: .*no-fleetctl does not exist/)
    expect(text).toMatch(/failed +slack: SLACK_BOT_TOKEN is refused/)
    expect(text).not.toContain(token)
    expect(code).toBe(1)
  })

  test('tries the app-level token in socket mode, and opens no connection with it', async () => {
    asked = []
    answers = { ...healthy, '/apps.connections.open': { ok: true, url: apiUrl.replace('http', 'ws') } }
    expect((await check(configText())).code).toBe(0)
    expect(asked.filter((one) => one.includes('connections.open'))).toEqual([
      `/api/apps.connections.open Bearer ${appToken}`,
    ])
    expect(sockets).toBe(0)
  })

  test.each(['invalid_auth', 'missing_scope', 'not_allowed_token_type'])(
    'tells an app-level token that Slack refuses with %s, and what to make instead',
    async (error) => {
      answers = { ...healthy, '/apps.connections.open': { ok: false, error } }
      const { code, text } = await check(configText())
      expect(text).toMatch(
        new RegExp(`failed +slack: SLACK_APP_TOKEN is refused: Slack answered ${error} to it; make an`),
      )
      expect(text).not.toContain(appToken)
      expect(code).toBe(1)
    },
  )

  test('says when the app-level token could not be tried', async () => {
    answers = { ...healthy, '/apps.connections.open': { ok: false, error: 'internal_error' } }
    const { code, text } = await check(configText())
    expect(text).toMatch(/failed +slack: SLACK_APP_TOKEN could not be tested: Slack refused apps.connections.open/)
    expect(code).toBe(1)
  })

  test('asks for no app-level token in http mode', async () => {
    asked = []
    answers = healthy
    const text = configText().replace('slack: {', 'slack: { mode: http, ')
    const { code } = await check(text, { SLACK_BOT_TOKEN: token, SLACK_SIGNING_SECRET: 'abcdefabcdef', PATH: env.PATH })
    expect(asked.filter((one) => one.includes('connections.open'))).toEqual([])
    expect(code).toBe(0)
  })

  test('tells a closed channel and an unreadable user group', async () => {
    answers = {
      ...healthy,
      '/conversations.info': { ok: false, error: 'channel_not_found' },
      '/usergroups.users.list': { ok: false, error: 'missing_scope' },
    }
    const { code, text } = await check(configText())
    expect(text).toMatch(/failed +slack: Slack knows no channel C012ABCDEF/)
    expect(text).toMatch(/failed +slack: the user group S012DEPLOY of deployers cannot be read/)
    expect(code).toBe(1)
  })

  test('goes on without the secrets, and names them', async () => {
    answers = healthy
    const { code, text } = await check(configText(), { PATH: process.env['PATH'] })
    expect(text).toMatch(/failed +secrets: SLACK_BOT_TOKEN is not set/)
    expect(text).toMatch(/ok +etcd: /)
    expect(code).toBe(1)
  })

  test('looks for the image of each service under the tag of each tier', async () => {
    answers = healthy
    const digest = `sha256:${'ab'.repeat(32)}`
    const registry = createServer((request, response) => {
      const tag = request.url?.split('/').at(-1)
      const there = tag === 'staging' ? 200 : tag === 'secret' ? 401 : 404
      const type = 'application/vnd.oci.image.manifest.v1+json'
      const found = { 'docker-content-digest': digest, 'content-type': type, 'content-length': '7' }
      response.writeHead(there, there === 200 ? found : {}).end()
    })
    await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve))
    const address = registry.address()
    const url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : ''
    const text = (tag: string) =>
      configText()
        .replace('unit: api@.service', 'unit: api@.service, image: quay.io/opsee/api')
        .replace('staging: {', `staging: { tag: ${tag}, `)
        .replace('tiers:', `registry: { hosts: { quay.io: { url: '${url}' } } }\ntiers:`)
    const good = await check(text('staging'))
    const none = await check(text('none'))
    const refused = await check(text('secret'))
    registry.closeAllConnections()
    await new Promise((resolve) => registry.close(resolve))
    expect(good.text).toMatch(/ok +image of api: quay\.io\/opsee\/api: staging is sha256:abababababab/)
    expect(none.text).toMatch(/warning +image of api: quay\.io\/opsee\/api:none is not there: what starts in staging/)
    expect(refused.text).toMatch(
      /failed +image of api: quay\.io refuses to show .*HTTP 401.*registry\.hosts\.quay\.io\.username/,
    )
    expect([good.code, none.code, refused.code]).toEqual([0, 0, 1])
  })

  test('looks for the program of a preparation and for the variables that it is to see, and runs nothing', async () => {
    answers = healthy
    const prepared = (preparation: string) =>
      check(configText().replace('unit: api@.service', `unit: api@.service, preparation: ${preparation}`))
    const good = await prepared('{ command: [touch, ran], env: [HOME_OF_NOBODY] }')
    expect(good.text).toMatch(/ok +preparation of api: `touch ran` runs \/.*\/touch/)
    expect(good.text).toMatch(/warning +preparation of api: HOME_OF_NOBODY is not set in this environment/)
    expect(good.code).toBe(0)
    const none = await prepared('{ command: [./no-such] }')
    expect(none.text).toMatch(
      /failed +preparation of api: .*no-such does not exist\. Install it there, or write its path/,
    )
    expect(none.code).toBe(1)
    expect(existsSync(join(folder, 'ran'))).toBe(false)
  })

  test('stops at a file that is not there, or that is wrong', async () => {
    const lines: string[] = []
    const print = (line: string) => lines.push(line)
    expect(await checkConfig({ file: join(folder, 'none.yaml'), env, clock: systemClock, print })).toBe(1)
    expect(lines.join()).toContain('none.yaml: cannot be read (ENOENT)')
    const wrong = await check(
      configText().replace('team: backend', 'team: backend, policy: x').replace('admins', 'Admins'),
    )
    expect(wrong.code).toBe(1)
    expect(wrong.text.match(/opsee\.yaml:\d+:\d+/g)).toHaveLength(2)
  })

  test('names a file that the configuration names and that is not there', async () => {
    const { code, text } = await check(configText().replace('services:', 'policy: gone.cedar\nservices:'))
    expect(text).toMatch(/opsee\.yaml:10:9: policy: .*gone\.cedar cannot be read \(ENOENT\)/)
    expect(code).toBe(1)
  })
})
