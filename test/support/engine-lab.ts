import { execFile } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { installFleetctl } from '../../demo/fleet/install.ts'
import { startFleet, type Fleet, type FleetOptions } from '../../demo/fleet/start.ts'
import { startEtcd, type EtcdServer } from '../../demo/etcd/start.ts'
import { createEtcdStore, type EtcdStore } from '../../src/adapters/etcd/store.ts'
import { createFleetScheduler, type FleetScheduler } from '../../src/adapters/fleet/fleet-scheduler.ts'
import { createHealthProbe } from '../../src/adapters/health/health-probe.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import type { Plan } from '../../src/domain/plan.ts'
import type { Rollout } from '../../src/domain/rollout.ts'
import type { RegistryReader, RegistryWriter } from '../../src/ports/registry.ts'
import type { WantedReleases } from '../../src/ports/wanted-release.ts'
import { createRollout, type Created } from '../../src/rollout/create.ts'
import { drive, type Driven } from '../../src/rollout/driver.ts'
import { createJournal } from '../../src/rollout/journal.ts'
import { defaultPatience } from '../../src/rollout/observation.ts'
import { planRollout, type PlanInput } from '../../src/rollout/plan-rollout.ts'
import { createNews } from '../../src/services/news.ts'
import { createDigestWords } from '../../src/services/releases.ts'
import { createRolloutReader } from '../../src/services/rollout-reader.ts'
import { createWantedReleases } from '../../src/services/wanted-releases.ts'
import type { Readers } from '../../src/services/capabilities.ts'
import { keys } from '../../src/store/keys.ts'
import { askedFor, planInputOf, settingsOf } from './rollouts.ts'
import { temporaryFolder } from './folder.ts'
import { quietLog } from './quiet-log.ts'
import { withoutReleases } from './releases.ts'

const run = promisify(execFile)

/** A real etcd, a stand-in fleet with `api@1..3` on it, and the engine between them, without chat or commands. */
export interface EngineLab {
  readonly etcd: EtcdServer
  readonly fleet: Fleet
  readonly store: EtcdStore
  readonly scheduler: FleetScheduler
  readonly rollouts: Readers['rollouts']
  readonly wanted: WantedReleases
  readonly log: ReturnType<typeof quietLog>
  plan(change?: Partial<PlanInput>): Promise<Plan>
  begin(plan: Plan): Promise<number>
  tryToBegin(plan: Plan): Promise<Created>
  /** Drives it in this process until it ends, the lease is lost, or `stop` aborts. */
  drive(id: number, stop?: AbortSignal, ttlMs?: number): Promise<Driven>
  fleetctl(...args: string[]): Promise<string>
  /** New content for the template, in the registry alone. */
  replaceTemplate(change: (content: string) => string): Promise<void>
  /** From now on, each fleetctl stop hangs for ever, before or after fleet heard it; null ends that. */
  hangStops(when: 'before' | 'after' | null): Promise<void>
  /** How many stops have hung so far. */
  hung(): Promise<number>
  /** Asserts the phase, and shows the whole story when it is another. */
  expectPhase(id: number, phase: Rollout['phase']): Promise<Rollout>
  /** Polls until the rollout satisfies the predicate. */
  until(id: number, reached: (rollout: Rollout) => boolean): Promise<Rollout>
  end(): Promise<void>
}

const target = { service: 'api', tier: 'production' }

const unitFile = `[Unit]
Description=api %i

[Service]
ExecStart=/bin/sh -c 'while :; do sleep 1; done'
TimeoutStopSec=5

[X-Fleet]
Conflicts=api@*.service
`

/**
 * fleetctl, but `stop` hangs for ever as long as `<itself>.hangs` says so: `before` fleet hears it, or `after`. What it
 * did is in `<itself>.hung`, a line a call.
 */
const hanging = (fleetctl: string): string => `#!/bin/sh
case " $* " in *' stop '*)
  mode=$(cat "$0.hangs" 2>/dev/null)
  if [ "$mode" = after ]; then ${fleetctl} "$@"; fi
  if [ -n "$mode" ]; then echo "$mode" >> "$0.hung"; exec sleep 1000; fi
esac
exec ${fleetctl} "$@"
`

interface LabOptions {
  readonly callTimeoutMs?: number
  readonly shop?: LabShop
}

interface LabShop {
  /** Of the template, whose instances pull from the registry. */
  readonly unitFile: string
  readonly fleet: Pick<FleetOptions, 'env' | 'aliases'>
  readonly registry: RegistryReader & RegistryWriter
}

/** With a `shop` it knows releases, and its instances say theirs; without one nothing is known of any. */
export async function startEngineLab({ callTimeoutMs = 4000, shop }: LabOptions = {}): Promise<EngineLab> {
  const folder = await temporaryFolder('engine')
  const [etcd, fleet] = await Promise.all([
    startEtcd(),
    startFleet({
      dir: join(folder.path, 'fleet'),
      machines: 3,
      timeScale: 0.15,
      timing: { ttlMs: 100_000 },
      ...shop?.fleet,
    }),
  ])
  const binary = installFleetctl(join(folder.path, 'bin'))
  const binaryThatHangs = join(folder.path, 'fleetctl-hangs')
  await writeFile(binaryThatHangs, hanging(binary), { mode: 0o755 })
  const fleetctl = async (...args: string[]): Promise<string> => {
    const { stdout } = await run(binary, ['--endpoint', fleet.endpoints[0] ?? '', ...args], { cwd: folder.path })
    return stdout
  }
  await writeFile(join(folder.path, 'api@.service'), shop?.unitFile ?? unitFile)
  await fleetctl('submit', 'api@.service')
  await fleetctl('start', '--no-block', 'api@1.service', 'api@2.service', 'api@3.service')

  const log = quietLog()
  const clock = systemClock
  const store = createEtcdStore({ endpoints: [etcd.endpoint], prefix: '/lab/', timeoutMs: 5000, clock })
  const scheduler = createFleetScheduler(
    {
      binary: binaryThatHangs,
      searchPath: process.env['PATH'] ?? '',
      endpoints: fleet.endpoints,
      pollMs: 100,
      callTimeoutMs,
    },
    clock,
  )
  const probe = createHealthProbe(clock)
  const journal = createJournal(store, clock)
  const ending = new AbortController()
  const wishNews = createNews(store, clock, keys.wishes, ending.signal)
  const releases =
    shop === undefined
      ? withoutReleases
      : {
          ...withoutReleases,
          wanted: createWantedReleases({ registry: shop.registry, store, limitMs: callTimeoutMs, clock }),
          aboutDigest: createDigestWords(shop.registry),
        }
  const rollouts = createRolloutReader(store, [target])
  const patience = { ...defaultPatience, graceMs: 10_000, repeatMs: 1500, goneMs: 15_000, silenceMs: 4000 }

  const lab: EngineLab = {
    etcd,
    fleet,
    store,
    scheduler,
    rollouts,
    wanted: releases.wanted,
    log,
    fleetctl,
    async replaceTemplate(change) {
      await writeFile(join(folder.path, 'api@.service'), change(unitFile))
      await fleetctl('submit', '--replace', 'api@.service')
    },
    async plan(change = {}) {
      const cluster = await scheduler.observe(10_000)
      if (cluster.kind === 'unknown') throw new Error(cluster.reason)
      const settings = settingsOf({ settleMs: 300, progressDeadlineMs: 45_000 })
      const planned = planRollout(planInputOf({ target, settings, cluster, ...change }))
      if (planned.kind === 'impossible') throw new Error(planned.message)
      return planned.plan
    },
    tryToBegin: (plan) =>
      createRollout(store, clock, askedFor(plan), { atOnce: () => null, length: 0, afterFailure: 'ask' }),
    async begin(plan) {
      const created = await lab.tryToBegin(plan)
      if (created.kind !== 'created') throw new Error(JSON.stringify(created))
      return created.id
    },
    async drive(id, stop = new AbortController().signal, ttlMs = callTimeoutMs + 6000) {
      const lease = await store.grant(ttlMs)
      const own = await journal.claim(id, lease, 'test:1')
      if (own === null) throw new Error('somebody else drives it')
      const parts = {
        journal,
        scheduler,
        probe,
        announcedPort: async () => ({ kind: 'not-announced' as const }),
        ...releases,
        wishNews: (of: number, ms: number, signal: AbortSignal) => wishNews.of(of, ms, signal),
        clock,
        log,
        patience,
        redact: (text: string) => text,
        observeMs: 10_000,
      }
      const how = await drive(own, parts, 'test:1', stop)
      await lease.release()
      return how
    },
    async expectPhase(id, phase) {
      const rollout = await rollouts.get(id)
      if (rollout?.phase === phase) return rollout
      const facts = (await rollouts.events(id)).records.map((event) => JSON.stringify(event.fact))
      throw new Error([`phase ${String(rollout?.phase)}, not ${phase}`, ...facts, ...log.lines.slice(-80)].join('\n'))
    },
    async until(id, reached) {
      for (let tries = 0; tries < 600; tries++) {
        const rollout = await rollouts.get(id)
        if (rollout !== null && reached(rollout)) return rollout
        await clock.sleep(50)
      }
      throw new Error(`rollout ${id} did not get there: ${JSON.stringify(await rollouts.get(id), null, 1)}`)
    },
    async hangStops(when) {
      if (when === null) await rm(`${binaryThatHangs}.hangs`, { force: true })
      else await writeFile(`${binaryThatHangs}.hangs`, when)
    },
    async hung() {
      const text = await readFile(`${binaryThatHangs}.hung`, 'utf8').catch(() => '')
      return text.split('\n').length - 1
    },
    async end() {
      ending.abort()
      await wishNews.done
      await scheduler.close()
      await probe.close()
      await store.close()
      await Promise.all([etcd.stop(), fleet.stop()])
      await folder.remove()
    },
  }
  for (let tries = 0; ; tries++) {
    const running = (await fleet.instances()).filter((one) => one.active === 'active' && one.sub === 'running')
    if (running.length === 3) return lab
    if (tries > 300) throw new Error('the fleet did not come up')
    await clock.sleep(50)
  }
}

/** Which process runs each instance: unit → pid. */
export async function pidsOf(fleet: Fleet): Promise<ReadonlyMap<string, number | null>> {
  const instances = await fleet.instances()
  return new Map(instances.filter((one) => one.pid !== null).map((one) => [one.unit, one.pid]))
}
