import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePorts } from '../../demo/etcd/ports.ts'
import { startEtcd, type EtcdServer } from '../../demo/etcd/start.ts'
import { root, temporaryFolder, type Ended } from './support.ts'

const token = ['xoxb', '123456789012', 'abcdefABCDEF'].join('-')
const sources = ['src', 'commands', 'demo', 'bench', 'chaos']
let folder = ''
let etcd: EtcdServer
let slack: Server
let env: NodeJS.ProcessEnv = {}

/** Slack's answers that a bot in HTTP mode needs to start. */
const answers: Readonly<Record<string, object>> = {
  '/api/auth.test': { ok: true, user_id: 'UBOT', bot_id: 'BBOT', team: 'Opsee', team_id: 'T0OPSEE' },
  '/api/conversations.info': { ok: true, channel: { name: 'deploys', is_member: true } },
}

beforeAll(async () => {
  folder = temporaryFolder()
  for (const part of ['package.json', 'package-lock.json', 'tsconfig.json', 'dist', ...sources, 'policy.cedar'])
    cpSync(path.join(root, part), path.join(folder, part), { recursive: true })
  // Hard links, as npm removes whole packages. It writes into one file, which is copied.
  spawnSync('cp', ['-al', path.join(root, 'node_modules'), folder], { timeout: 60_000 })
  const installed = 'node_modules/.package-lock.json'
  rmSync(path.join(folder, installed))
  cpSync(path.join(root, installed), path.join(folder, installed))
  etcd = await startEtcd()
  slack = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answers[request.url ?? ''] ?? { ok: false, error: 'unknown_method' }))
  })
  await new Promise<void>((resolve) => slack.listen(0, '127.0.0.1', resolve))
  const address = slack.address()
  const [ownPort = 0] = await freePorts(1)
  const port = typeof address === 'object' && address !== null ? address.port : 0
  writeFileSync(path.join(folder, 'fleetctl'), '#!/bin/sh\necho "fleetctl version 1.0.0"\n', { mode: 0o755 })
  writeFileSync(
    path.join(folder, 'opsee.yaml'),
    `slack: { mode: http, host: 127.0.0.1, port: ${ownPort}, historyChannel: C012ABCDEF, apiUrl: 'http://127.0.0.1:${port}/api/' }
etcd: { endpoints: ['${etcd.endpoint}'] }
fleetctl: { binary: ./fleetctl }
groups: { backend: { users: [U012AAAAAA] }, deployers: { users: [U012AAAAAA] }, admins: { users: [U012AAAAAA] } }
tiers: { staging: { fleet: { endpoints: ['http://127.0.0.1:1'] } } }
services: { api: { team: backend, unit: api@.service } }
`,
  )
  env = { PATH: process.env['PATH'], HOME: folder, SLACK_BOT_TOKEN: token, SLACK_SIGNING_SECRET: 'abcdefabcdef' }
  const pruned = await npm('prune', '--omit=dev', '--omit=optional', '--offline', '--no-audit', '--no-fund')
  if (pruned.code !== 0) throw new Error(`npm prune failed: ${pruned.stderr}`)
}, 120_000)

afterAll(async () => {
  slack.closeAllConnections()
  slack.close()
  await etcd.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs npm in the folder to its end. */
function npm(...words: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child: ChildProcess = execFile('npm', words, { cwd: folder, env, timeout: 60_000 }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    )
  })
}

/** Every file of `dist`, with its time of change. */
const builtFiles = (): readonly string[] =>
  readdirSync(path.join(folder, 'dist'), { recursive: true, encoding: 'utf8' })
    .map((file) => `${file} ${statSync(path.join(folder, 'dist', file)).mtimeMs}`)
    .toSorted()

describe('After npm prune --omit=dev', () => {
  it('has no compiler any more', () => {
    expect(existsSync(path.join(folder, 'node_modules/typescript'))).toBe(false)
    expect(existsSync(path.join(folder, 'node_modules/zod'))).toBe(true)
  })

  it('npm run check:config checks the configuration and changes no file of the build', async () => {
    const before = builtFiles()
    const { code, stdout, stderr } = await npm('run', 'check:config', '--', 'opsee.yaml')
    expect(stdout).toMatch(/ok +configuration: opsee\.yaml/)
    expect(stdout).toMatch(/ok +etcd: .*version 3/)
    expect(stdout).toMatch(/failed +fleet of staging: /)
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(builtFiles()).toEqual(before)
  })

  it('npm run build refuses and leaves the build unchanged', async () => {
    const before = builtFiles()
    const { code, stderr } = await npm('run', 'build')
    expect(stderr).toContain(
      'The build needs TypeScript, which is not installed here. dist is unchanged.\nInstall it: npm ci',
    )
    expect(code).toBe(1)
    expect(builtFiles()).toEqual(before)
  })

  it('npm start starts the bot, and SIGTERM ends it', async () => {
    const child = spawn('npm', ['start', '--', 'opsee.yaml'], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    let output = ''
    const take = (chunk: Buffer): void => void (output += chunk.toString())
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    const ended = once(child, 'close')
    await expect.poll(() => output, { timeout: 20_000 }).toContain('opsee is ready')
    process.kill(-(child.pid ?? 0), 'SIGTERM')
    await ended
    expect(output).toContain('"stopped"')
  })

  it('the check says that the sources changed since the build', async () => {
    const file = path.join(folder, 'src/domain/duration.ts')
    writeFileSync(file, `${readFileSync(file, 'utf8')}\n`)
    const { stderr } = await npm('run', 'check:config', '--', 'opsee.yaml')
    expect(stderr).toBe('The sources changed since the build. Build them: npm ci && npm run build\n')
  })
})
