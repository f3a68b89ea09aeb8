import { describe, expect, it } from 'vitest'
import { auditKeys, chainKeys, hashOf } from '../../src/authorization/chain.ts'
import { secretNames } from '../../src/config/secrets.ts'
import { phaseSchema, stageSchema } from '../../src/domain/rollout.ts'
import { keys } from '../../src/store/keys.ts'
import { textOf } from './pages.ts'

const target = { service: '<service>', tier: '<tier>' }
const [id, seq, n] = [7001, 7002, 7003]

/** Each way to make a key, with what the page writes in the place of its parts. A new one does not compile until it is here. */
const made = {
  rolloutCounter: [keys.rolloutCounter],
  historyCounter: [keys.historyCounter(null), keys.historyCounter(target)],
  rollout: [keys.rollout(id)],
  rollouts: [],
  event: [keys.event(id, seq)],
  events: [],
  active: [keys.active(target)],
  queued: [keys.queued(target, id)],
  current: [keys.current(target)],
  targets: [],
  targetsIn: [],
  startCounter: [keys.startCounter('<tier>')],
  owner: [keys.owner(id)],
  owners: [],
  wish: [keys.wish(id)],
  wishes: [],
  retried: [keys.retried(id)],
  following: [keys.following(id)],
  followings: [],
  history: [keys.history(target, n)],
  histories: [],
  historyAll: [keys.historyAll(n)],
  historiesAll: [],
  tierLock: [keys.tierLock('<tier>')],
  targetLock: [keys.targetLock(target)],
  locks: [],
  pin: [keys.pin(target)],
  pins: [],
  stop: [keys.stop('<tier>')],
  stops: [],
  reminder: [keys.reminder('<key>')],
  reminders: [],
  drift: [keys.drift(target)],
  drifts: [],
  driftWatcher: [keys.driftWatcher],
  thread: [keys.thread(id)],
  threadAt: [keys.threadAt('<channel>', '<thread>', id)],
  threadsAt: [],
  telling: [keys.telling(id)],
  tellings: [],
  narrator: [keys.narrator(id)],
  narrators: [],
  buildCounter: [keys.buildCounter],
  build: [keys.build('<service>', id)],
  builds: [],
  arrival: [keys.arrival(id)],
  arrivals: [],
  receiver: [keys.receiver(id)],
  receivers: [],
  announced: [keys.announced(id)],
  announcer: [keys.announcer(id)],
  announcers: [],
  heard: [keys.heard('<hash>')],
} satisfies Record<keyof typeof keys, readonly string[]>

const madeForAudit = {
  record: [auditKeys.record(seq)],
  records: [],
  head: [auditKeys.head],
  checkpoint: [auditKeys.checkpoint],
  expired: [auditKeys.expired],
  alarm: [auditKeys.alarm],
  request: [auditKeys.request('a request')],
} satisfies Record<keyof typeof auditKeys, readonly string[]>

const { denials } = chainKeys
const madeForDenials = {
  record: [denials.record(seq)],
  records: [],
  head: [denials.head],
  checkpoint: [denials.checkpoint],
  expired: [denials.expired],
  alarm: [denials.alarm],
} satisfies Record<keyof typeof denials, readonly string[]>

const pattern = (key: string): string =>
  key
    .replaceAll(String(id).padStart(12, '0'), '<id>')
    .replaceAll(String(seq).padStart(12, '0'), '<seq>')
    .replaceAll(String(n).padStart(12, '0'), '<n>')
    .replaceAll(hashOf('a request'), '<hash>')

describe('docs/architecture.md', () => {
  it('lists the keys that the code makes, all of them and no other', () => {
    const page = textOf('docs/architecture.md')
    const chapter = page.slice(page.indexOf('## Keys in etcd'), page.indexOf('## Where to find what'))
    const listed = [...chapter.matchAll(/^\| `([^`]+)`/gm)].map(([, key = '']) => key)
    const all = [...Object.values(made), ...Object.values(madeForAudit), ...Object.values(madeForDenials)]
      .flat()
      .map(pattern)
    expect(listed.toSorted()).toEqual(all.toSorted())
  })

  it('lists the stages of an instance in their order', () => {
    const page = textOf('docs/architecture.md')
    const chapter = page.slice(page.indexOf('## The stages'), page.indexOf('## Keys in etcd'))
    expect([...chapter.matchAll(/^\| `([^`]+)`/gm)].map(([, stage]) => stage)).toEqual(stageSchema.options)
  })
})

describe('docs/operations.md', () => {
  it('lists the phases of a rollout, and every secret', () => {
    const page = textOf('docs/operations.md')
    const chapter = page.slice(page.indexOf('## Phases'), page.indexOf('## Logs'))
    expect([...chapter.matchAll(/^\| `([^`]+)`/gm)].map(([, phase]) => phase)).toEqual(phaseSchema.options)
    for (const name of secretNames) expect(page).toContain(`\`${name}\``)
  })
})

describe('docs/configuration.md', () => {
  it('names every key of the configuration', () => {
    const page = textOf('docs/configuration.md').replaceAll(/^```.*?^```$/gms, '')
    const code = [...page.matchAll(/`[^`]+`/g)].join(' ')
    const known = new Set(code.split(/[^A-Za-z]+/))
    const names = propertiesIn(JSON.parse(textOf('opsee.schema.json')))
    expect(names.length).toBeGreaterThan(50)
    expect(names.filter((name) => !known.has(name))).toEqual([])
  })
})

/** The names of all that a JSON Schema describes, at any depth. */
function propertiesIn(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([word, inner]) =>
    word === 'properties'
      ? [...Object.keys(inner), ...Object.values(inner).flatMap(propertiesIn)]
      : propertiesIn(inner),
  )
}
