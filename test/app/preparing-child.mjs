// Drives one rollout as a process of its own, which a test kills: node preparing-child.mjs <etcd> <prefix> <id> <folder>
import { createEtcdStore } from '../../dist/src/adapters/etcd/store.js'
import { createPreparationRunner } from '../../dist/src/adapters/preparation/runner.js'
import { systemClock as clock } from '../../dist/src/adapters/system/clock.js'
import { drive } from '../../dist/src/rollout/driver.js'
import { createJournal } from '../../dist/src/rollout/journal.js'
import { defaultPatience } from '../../dist/src/rollout/observation.js'

const [endpoint, prefix, id, folder] = process.argv.slice(2)
const store = createEtcdStore({ endpoints: [endpoint], prefix, timeoutMs: 10_000, clock })
const journal = createJournal(store, clock)
const { rollout } = await journal.load(Number(id))
const own = await journal.claim(rollout.id, await store.grant(5000), 'child')
const never = async () => ({ kind: 'failed', message: 'nothing is called here' })
const unit = (name) => ({
  unit: name,
  wanted: 'launched',
  believed: 'launched',
  hash: 'h',
  target: 'm1',
  global: false,
  reports: [{ machine: 'm1', ip: '127.0.0.1', load: 'loaded', active: 'active', sub: 'running', hash: 'h' }],
  sameFor: { views: 9, since: 0 },
  wantedFor: 9,
  flaps: 0,
})
const nothing = () => undefined
await drive(
  own,
  {
    journal,
    scheduler: {
      callTimeoutMs: 1000,
      observe: async () => ({
        kind: 'known',
        startedAt: clock.monotonic(),
        endedAt: clock.monotonic(),
        machines: new Map(),
        units: new Map(rollout.instances.map((one) => [one.unit, unit(one.unit)])),
        templates: new Map(),
      }),
      journal: async () => ({ kind: 'none', reason: 'there is none' }),
      stop: never,
      start: never,
      destroy: never,
    },
    probe: { check: never },
    announcedPort: async () => ({ kind: 'not-announced' }),
    wanted: { read: never, move: never, moveTimeoutMs: 1000, announced: never },
    aboutDigest: async () => null,
    preparations: createPreparationRunner(
      { preparations: new Map([[rollout.plan.service, rollout.plan.preparation]]), folder, env: process.env },
      clock,
    ),
    wishNews: (_, ms, signal) => clock.sleep(ms, signal),
    clock,
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    patience: defaultPatience,
    redact: (text) => text,
    observeMs: 1000,
  },
  'child',
  new AbortController().signal,
)
