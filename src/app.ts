import type { Policy } from './authorization/policy.ts'
import { startChores } from './chores.ts'
import type { CommandIndex } from './command/define.ts'
import type { Dispatch } from './command/dispatch.ts'
import type { Config } from './config/schema.ts'
import { createDoorway } from './doorway.ts'
import { watchDrift } from './drift.ts'
import { createHooks } from './hooks.ts'
import { createIncoming } from './incoming.ts'
import { createCatalog } from './domain/catalog.ts'
import { sameTarget, type Target } from './domain/target.ts'
import { threadWork } from './narrator/narrate.ts'
import { createPositions } from './narrator/position.ts'
import { withThreadElsewhere } from './narrator/shown-elsewhere.ts'
import type { ChatReader, ChatWriter } from './ports/chat.ts'
import type { Clock } from './ports/clock.ts'
import type { GroupDirectory } from './ports/groups.ts'
import type { PeopleDirectory } from './ports/people.ts'
import type { HealthProbe } from './ports/health.ts'
import type { Incoming } from './ports/incoming.ts'
import type { Log } from './ports/log.ts'
import type { BuildHandlers } from './ports/builds.ts'
import type { PreparationRunner } from './ports/preparation.ts'
import type { RegistryReader, RegistryWriter } from './ports/registry.ts'
import type { SchedulerReader, SchedulerWriter } from './ports/scheduler.ts'
import type { WebhookSender } from './ports/webhooks.ts'
import type { StoreLeases, StoreReader, StoreWriter } from './ports/store.ts'
import { createJournal } from './rollout/journal.ts'
import { defaultPatience } from './rollout/observation.ts'
import { createLineReader } from './rollout/line-reader.ts'
import { createPlanner } from './rollout/planner.ts'
import { queueLimits, stuckMsOf } from './rollout/settings.ts'
import { rolloutWork } from './rollout/supervise.ts'
import { createAdmission } from './services/admission.ts'
import { bindCapabilities } from './services/bind-capabilities.ts'
import type { Readers } from './services/capabilities.ts'
import { claimWork, type Claiming } from './services/claimed-work.ts'
import { createAnnouncedPorts, createDiscovery } from './services/discovery.ts'
import { createDriftReader } from './services/drift-memories.ts'
import { createHealthReader } from './services/health-reader.ts'
import { createKeyReader } from './services/key-reader.ts'
import { createHoldReaders } from './services/hold-readers.ts'
import { createNews } from './services/news.ts'
import { noScheduler } from './services/no-scheduler.ts'
import { knowReleases } from './services/know-releases.ts'
import { createRolloutReader } from './services/rollout-reader.ts'
import { shareReads } from './services/share-reads.ts'
import { keys } from './store/keys.ts'

type Store = StoreReader & StoreWriter & StoreLeases

export interface AppParts {
  readonly config: Config
  readonly commands: CommandIndex
  readonly policy: Policy
  readonly stores: {
    /** Answers or fails fast, while a person waits. */
    readonly commands: Store
    /** Patient. */
    readonly engine: Store
    /** Keys below the discovery prefix: read only. */
    readonly discovery: StoreReader
    /** Absolute keys: written is nothing but the release that units are to pull, where a service says so. */
    readonly absolute: StoreReader & StoreWriter
  }
  readonly schedulers: ReadonlyMap<string, SchedulerReader & SchedulerWriter>
  readonly probe: HealthProbe
  /** Null where the configuration names none. */
  readonly registry: (RegistryReader & RegistryWriter) | null
  readonly preparations: PreparationRunner
  /** Null: nobody outside is told of rollouts. */
  readonly webhooks: WebhookSender | null
  readonly chat: ChatWriter & ChatReader
  readonly directory: GroupDirectory
  readonly people: PeopleDirectory
  readonly clock: Clock
  readonly log: Log
  readonly redact: (text: string) => string
  /** Names this process: `host:pid`. */
  readonly driver: string
  /** Short and unlike any other. */
  readonly newId: () => string
}

export interface App {
  readonly dispatch: Dispatch
  /** What came in through the chat: dispatches it and answers. */
  handle(incoming: Incoming): Promise<void>
  /** A build that a registry or a build server told of. */
  readonly arrived: BuildHandlers['arrived']
  /** Takes up rollouts and threads, and follows lists of services. */
  start(): void
  /** Lets go of all of it at the next safe point, within `withinMs`. */
  stop(withinMs: number): Promise<void>
}

/** The longest wait for one look at a fleet: every endpoint may take its whole time limit, and 3,000 units their time. */
const observeMs = 30_000
const planMs = 20_000
const editEveryMs = 2500
/** What nobody drives any more waits no longer than this beyond the end of its lease. */
const lookForWorkMs = 1000

/** Everything put together, but for the adapters, which come in as ports. */
export function createApp(parts: AppParts): App {
  const { config, stores, clock, log } = parts
  const catalog = createCatalog(config)
  const targets = catalog.services.flatMap((service) => catalog.tiersOf(service).map((tier) => ({ service, tier })))
  const schedulerOf = (tier: string): SchedulerReader & SchedulerWriter =>
    parts.schedulers.get(tier) ?? noScheduler(tier, clock)
  const stopping = new AbortController()
  const announcedAs = (service: string): string => config.services[service]?.announcedAs ?? service
  const discovery = createDiscovery(stores.discovery, new Set(catalog.services.map(announcedAs)))
  const announcedPort = createAnnouncedPorts(discovery, announcedAs, clock, log)
  const shared = shareReads(stores.commands)
  const rollouts = createRolloutReader(shared, targets)
  const drift = createDriftReader(shared)
  const stored = { rollouts, drift, ...createHoldReaders(shared, clock) }
  const known = { store: stores.absolute, builds: stores.commands }
  const { releases, watched } = knowReleases({ config, registry: parts.registry, ...known, clock })
  const planner = createPlanner({
    config,
    catalog,
    clock,
    schedulerOf,
    probe: parts.probe,
    announcedPort,
    ...stored,
    releases,
    observeMs: planMs,
  })
  const doorway = createDoorway({ ...parts, rollouts })
  const { door, rights } = doorway
  const read: Readers = {
    ...stored,
    releases,
    planner,
    clusters: { of: schedulerOf },
    health: createHealthReader(config, parts.probe, announcedPort),
    discovery,
    keys: createKeyReader(stores.absolute, config.query, parts.redact),
    rights,
    now: () => clock.now(),
  }

  const knows = (target: Target): boolean => targets.some((one) => sameTarget(one, target))
  const limits = queueLimits(config)
  const journal = createJournal(stores.engine, clock)
  const work = { leases: stores.engine, clock, log, ttlMs: config.engine.leaseTtl, lookMs: lookForWorkMs }
  const driving = rolloutWork({
    store: stores.engine,
    journal,
    schedulerOf,
    stuckMsOf: (target) => stuckMsOf(config, target),
    probe: parts.probe,
    announcedPort,
    ...watched,
    preparations: parts.preparations,
    wishNews: (id, ms, signal) => wishNews?.of(id, ms, signal) ?? clock.sleep(ms, signal),
    clock,
    log,
    patience: defaultPatience,
    redact: parts.redact,
    observeMs,
    driver: parts.driver,
    line: createLineReader(stores.engine, clock),
    limits,
    admission: createAdmission({ store: stores.engine, door, planner, knows, newKey: parts.newId }),
  })
  let wishNews: ReturnType<typeof createNews> | null = null
  let works: readonly Claiming[] = []
  const created = (): void => {
    for (const one of works) one.notice()
  }
  const { commands } = stores
  const incoming = createIncoming({
    store: commands,
    driver: parts.driver,
    complete: (reply, from) => withThreadElsewhere(reply, from, { store: commands, chat: parts.chat, clock }),
    commands: parts.commands,
    catalog,
    read,
    door,
    capabilities: bindCapabilities(
      { store: commands, clock, created, limits, open: door.open },
      rollouts,
      doorway.audit,
    ),
    readingRefusal: (actor) => rights.readingRefusal(actor),
    entryRefusal: (actor) => rights.entryRefusal(actor),
    clock,
    log,
    storeAnswers: () => shared.get('answers'),
    newReference: parts.newId,
    redact: parts.redact,
  })
  const { dispatch, handle } = incoming
  const hooks = createHooks({ ...parts, dispatch }, lookForWorkMs)

  return {
    dispatch,
    arrived: hooks.arrived,

    handle,

    start() {
      void incoming.prepare()
      const news = createNews(stores.engine, clock, keys.rollouts, stopping.signal)
      wishNews = createNews(stores.engine, clock, keys.wishes, stopping.signal)
      const historyChannel = (tier: string) => config.tiers[tier]?.historyChannel ?? config.slack.historyChannel
      const { chat } = parts
      const telling = threadWork({
        positions: createPositions(stores.engine, parts.driver, () => clock.now()),
        chat,
        clock,
        log,
        historyChannel,
        editEveryMs,
        news: (id, ms, signal) => news.of(id, ms, signal),
      })
      const watching = watchDrift({ ...parts, catalog, targets, read, store: stores.engine, historyChannel })
      works = [claimWork(driving, work), claimWork(telling, work), ...watching]
      hooks.start()
      const allLive = async () => (await rollouts.allLive()).records
      const chores = { config, store: stores.engine, chat, clock, log, door, planner, limits, targets, knows }
      const more = { historyChannel, allLive, created, newKey: parts.newId }
      startChores({ ...chores, ...more }, stopping.signal)
      doorway.start(incoming.throttle, stopping.signal)
    },

    async stop(withinMs) {
      stopping.abort()
      await Promise.all([...works, hooks].map((one) => one.stop(withinMs)))
    },
  }
}
