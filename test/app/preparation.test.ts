import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHealthProbe, type ClosableHealthProbe } from '../../src/adapters/health/health-probe.ts'
import { createPreparationRunner } from '../../src/adapters/preparation/runner.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { preparationOptionsOf } from '../../src/config/adapter-options.ts'
import { configSchema } from '../../src/config/schema.ts'
import { isOver, type Rollout } from '../../src/domain/rollout.ts'
import { keys } from '../../src/store/keys.ts'
import { counterRecord, eventRecord, rolloutRecord } from '../../src/store/records.ts'
import { groupMembers } from '../adapters/fleet/processes.ts'
import { ScriptedChat } from '../narrator/scripted-chat.ts'
import { temporaryFolder } from '../support/folder.ts'
import { ownEtcd } from '../support/own-etcd.ts'
import { startReplica, type Replica } from './replica.ts'
import { SmallFleet } from './small-fleet.ts'

/** Preparations as the whole bot runs them: real processes, a real etcd, and the thread. */

// Says its process group, and goes on for as long as nobody ends it.
const long = (file: string): readonly string[] => [
  'sh',
  '-c',
  `ps -o pgid= -p $$ >> ${file}; echo step 1 of 2; sleep 1000`,
]
const service = (name: string, command: readonly string[]) => ({
  team: 'backend',
  unit: `${name}@.service`,
  preparation: { command, timeout: '5m' },
})
const config = configSchema.parse({
  slack: { historyChannel: 'C012ABCDEF' },
  etcd: { endpoints: ['http://127.0.0.1:1'] },
  engine: { leaseTtl: '10s', rollout: { settle: '100ms' } },
  groups: { backend: { users: ['U0ANN'] }, deployers: { users: [] }, admins: { users: [] } },
  tiers: { staging: { fleet: { endpoints: ['http://127.0.0.1:1'] } } },
  services: {
    api: service('api', ['sh', '-c', 'echo "rollout $OPSEE_ROLLOUT of $OPSEE_SERVICE"; echo "password is hunter22"']),
    vape: service('vape', long('vape')),
    bastion: service('bastion', long('bastion')),
    spanx: service('spanx', long('spanx')),
  },
})

const etcd = ownEtcd()
const chat = new ScriptedChat()
const fleet = new SmallFleet(
  Object.keys(config.services).map((name) => `${name}@1.service`),
  20,
)
const replicas: Replica[] = []
let probe: ClosableHealthProbe
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let asked = 0
/** The process group that a killed bot left behind. */
let orphan: number | null = null

async function replica(name: string): Promise<Replica> {
  const schedulers = new Map([['staging', fleet.for(name)]])
  const preparations = createPreparationRunner(preparationOptionsOf(config, folder.path, process.env), systemClock)
  const made = await startReplica(etcd.server, name, { config, schedulers, probe, chat, preparations })
  replicas.push(made)
  return made
}

/** The number of the newest rollout behind it. */
async function ask({ app, store }: Replica, text: string): Promise<number> {
  await app.handle({
    text,
    user: { id: 'U0ANN', name: 'ann' },
    place: { channel: 'C1', thread: null },
    requestKey: `slash:${(asked += 1)}`,
    source: 'slash',
    reply: async () => undefined,
  })
  const counter = await store.get(keys.rolloutCounter)
  return counter === null ? 0 : counterRecord.read(counter).last
}

async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  for (const end = performance.now() + 60_000; performance.now() < end; await systemClock.sleep(20)) {
    const found = await look()
    if (found !== null) return found
  }
  throw new Error(`waited in vain for ${what}`)
}

const groupIn = (file: string): Promise<number> =>
  until(`a process that writes ${file}`, async () => {
    const text = await readFile(join(folder.path, file), 'utf8').catch(() => '')
    return text.endsWith('\n') ? Number(text) : null
  })

/** Once it is over and told. */
const ended = ({ store }: Replica, id: number): Promise<Rollout> =>
  until(`the end of rollout ${id}`, async () => {
    const entry = await store.get(keys.rollout(id))
    const rollout = entry === null ? null : rolloutRecord.read(entry)
    const told = (await store.get(keys.telling(id))) === null
    return rollout !== null && isOver(rollout) && told ? rollout : null
  })

const kinds = async ({ store }: Replica, id: number): Promise<readonly string[]> =>
  (await store.range(keys.events(id))).entries.map((entry) => eventRecord.read(entry).fact.kind)

const thread = (): string =>
  chat
    .at('C1', true)
    .map(({ message }) => message.text)
    .join('\n')

beforeAll(async () => {
  probe = createHealthProbe(systemClock)
  folder = await temporaryFolder('preparing')
})
afterAll(async () => {
  if (orphan !== null) process.kill(-orphan, 'SIGKILL')
  await Promise.all(replicas.map(({ app }) => app.stop(10_000)))
  await Promise.all(replicas.map(({ store }) => store.close()))
  await probe.close()
  await folder.remove()
})

describe('A bot that prepares', () => {
  it('does not run again what a killed one had begun: it says that nobody knows, and changes nothing', async () => {
    const next = await replica('next')
    const id = await ask(next, 'deploy spanx staging')
    const child = spawn(
      process.execPath,
      [
        fileURLToPath(new URL('preparing-child.mjs', import.meta.url)),
        etcd.server.endpoint,
        '/two/',
        String(id),
        folder.path,
      ],
      { stdio: 'inherit' },
    )
    const group = await groupIn('spanx')
    orphan = group
    child.kill('SIGKILL')
    // It outlives its bot, as it may; its guard would end it at its limit.
    expect(groupMembers(group).length).toBeGreaterThan(0)
    next.app.start()
    expect(await ended(next, id)).toMatchObject({ phase: 'failed', preparation: { stage: 'failed', driver: 'child' } })
    expect(await kinds(next, id)).toEqual([
      'accepted',
      'driven',
      'preparation-began',
      'driven',
      'preparation-failed',
      'failing',
      'ended',
    ])
    expect(thread()).toContain('the bot was ended while `sh -c ')
    expect(thread()).toContain(
      ` on child. Neither the release nor any instance was changed. Look, then \`@opsee retry ${id}\` runs it again.`,
    )
    expect(Number(await readFile(join(folder.path, 'spanx'), 'utf8'))).toBe(group)
    expect(fleet.made).toEqual([])
    await next.app.stop(10_000)
  }, 90_000)

  it('runs it, tells what it wrote, and rolls', async () => {
    const bot = await replica('bot')
    bot.app.start()
    const api = await ask(bot, 'deploy api staging')
    expect(await ended(bot, api)).toMatchObject({ phase: 'succeeded', preparation: { stage: 'done', driver: 'bot' } })
    expect(thread()).toContain('First it runs `sh -c ')
    expect(thread()).toContain(`Its output:\n\`\`\`\nrollout ${api} of api\npassword is ‹secret›\n\`\`\`\n`)
    const sections = chat.at('C1', true).flatMap(({ message }) => message.sections)
    expect(sections.some((one) => one.kind === 'text' && one.text.includes(`\`\`\`\nrollout ${api} of api\n`))).toBe(
      true,
    )

    const vape = await ask(bot, 'deploy vape staging')
    const aborted = await groupIn('vape')
    await ask(bot, `abort ${vape}`)
    expect((await ended(bot, vape)).phase).toBe('aborted')
    expect(groupMembers(aborted)).toEqual([])
    expect(await kinds(bot, vape)).toEqual([
      'accepted',
      'driven',
      'preparation-began',
      'abort-asked',
      'preparation-failed',
      'ended',
    ])
    expect(thread()).toContain(
      'before it was done. Neither the release nor any instance was changed.\nIts output:\n```\nstep 1 of 2\n```',
    )

    const bastion = await ask(bot, 'deploy bastion staging')
    const stopped = await groupIn('bastion')
    await bot.app.stop(60_000)
    expect(groupMembers(stopped)).toEqual([])
    const entry = await bot.store.get(keys.rollout(bastion))
    expect(entry === null ? null : rolloutRecord.read(entry)).toMatchObject({
      phase: 'failed',
      ending: { reason: expect.stringMatching(/ before it was done, as the bot was told to end$/) as unknown },
    })
    expect([...new Set(fleet.made.map(({ unit }) => unit))]).toEqual(['api@1.service'])
  }, 120_000)
})
