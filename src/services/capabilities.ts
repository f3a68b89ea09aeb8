import type { Announcement } from '../domain/announcement.ts'
import type { Denial, Actor, Demand } from '../authorization/rights.ts'
import type { AuditReader } from '../authorization/audit-reader.ts'
import type { Left } from '../domain/drift.ts'
import type { DriftMemory } from '../domain/drift-memory.ts'
import type { RolloutEvent } from '../domain/event.ts'
import type { HistoryPage } from '../domain/history.ts'
import type { Lock } from '../domain/lock.ts'
import type { Pin } from '../domain/pin.ts'
import type { Plan, PlanAsk, Planned } from '../domain/plan.ts'
import type { Obstacle, Rollout, Typed, WaitsFor } from '../domain/rollout.ts'
import type { Stop } from '../domain/stop.ts'
import type { Release } from '../domain/release.ts'
import type { Target } from '../domain/target.ts'
import type { Listed, Unreadable } from '../domain/unreadable.ts'
import type { Place } from '../ports/chat.ts'
import type { HealthResult } from '../ports/health.ts'
import type { SchedulerReader } from '../ports/scheduler.ts'
import type { Checked } from '../rollout/decide-wait.ts'
import type { GoResult, LockResult, PinResult, StopResult, UnlockResult, UnpinResult } from './hold-results.ts'
import type { Releases } from './releases.ts'
import type { AbortResult, GoOnResult, PauseResult, ResumeResult, TakeResult } from './wish-results.ts'

/** What handlers may look at. Nothing here can change anything. Each call has a time limit of its own. */
export interface Readers {
  readonly rollouts: {
    /** Null when there is no such rollout. */
    get(id: number): Promise<Rollout | null>
    events(id: number): Promise<Listed<RolloutEvent>>
    /** The live rollout of a target, or null. */
    live(target: Target): Promise<Rollout | null>
    allLive(): Promise<LiveRollouts>
    /** Those that wait, oldest first, a hundred of each target at most. */
    waiting(): Promise<readonly Waiting[]>
    history(query: {
      service: string | null
      tier: string | null
      limit: number
      before: string | null
    }): Promise<HistoryPage>
    /** The newest few of the rollouts that are shown in this thread, oldest first; none for a channel. */
    inThread(place: Place): Promise<readonly Rollout[]>
    /** When this target was last rolled out with success; null when never. */
    lastGood(target: Target): Promise<LastGood | null>
    /** What its rollouts left of a target. */
    left(target: Target): Promise<Left>
  }
  readonly locks: {
    all(): Promise<Listed<Lock>>
    /** Those that hold this target, the whole tier's too, without expired ones. */
    on(target: Target): Promise<readonly Lock[]>
  }
  readonly pins: {
    all(): Promise<Listed<Pin>>
    /** Null: any release may be rolled there. */
    on(target: Target): Promise<Pin | null>
  }
  readonly stops: {
    /** The tiers that are stopped. */
    all(): Promise<Listed<Stop>>
    /** Null: the tier is not stopped. */
    on(tier: string): Promise<Stop | null>
  }
  readonly releases: Releases
  readonly drift: {
    /** What the last look of the schedule saw of a target; null where there was none. */
    memory(target: Target): Promise<DriftMemory | null>
  }
  readonly planner: {
    /** Looks at the fleet and says what would be done and what stands in the way. */
    plan(request: PlanRequest): Promise<Planned>
  }
  readonly clusters: {
    of(tier: string): SchedulerReader
  }
  readonly health: {
    /** One try of the gate at a machine, within its own time limit. Null without a gate or an announced port. Never rejects. */
    check(service: string, ip: string, unit: string): Promise<HealthResult | null>
  }
  readonly discovery: {
    /** Reads what these names announced in etcd, or what every service announced. */
    announced(names: readonly string[] | 'all'): Promise<Announced>
  }
  readonly keys: {
    /** Absolute etcd keys, under the prefixes that the configuration allows. */
    get(key: string): Promise<KeyAnswer>
    list(prefix: string, options: { keysOnly: boolean; limit: number }): Promise<KeyListAnswer>
  }
  readonly rights: {
    groupsOf(actor: Actor): Promise<readonly string[]>
    /** Null: allowed. Nothing is recorded. */
    refusal(actor: Actor, demand: Demand): Promise<Denial | null>
    /** Whether each would be allowed, in their order. Nothing is recorded; thousands may be asked at once. */
    allowed(actor: Actor, demands: readonly Demand[]): Promise<readonly boolean[]>
  }
  /** Milliseconds since the epoch. */
  now(): number
}

export interface PlanRequest extends PlanAsk {
  readonly target: Target
  /** Whose own locks do not stand in the way. */
  readonly actor: Actor
}

export interface LastGood {
  readonly id: number
  readonly at: number
  readonly by: string
  /** What it rolled; null where nothing was known of releases. */
  readonly release: Release | null
}

export interface LiveRollouts extends Listed<Rollout> {
  /** Targets on which a rollout is in progress that cannot be read. */
  readonly hidden: readonly Target[]
}

export interface Waiting {
  readonly id: number
  readonly target: Target
  /** Null when its record cannot be read, or is gone by now. */
  readonly rollout: Rollout | null
  /** Its record or its place in the queue; null when both can be read. */
  readonly unreadable: Unreadable | null
}

export interface Announced {
  readonly list: readonly Announcement[]
  /** Keys whose value is no address. */
  readonly unreadable: readonly string[]
  /** False when the list is too long to be read in full: a service that is missing in it may be announced all the same. */
  readonly complete: boolean
}

type KeyAnswer =
  | { readonly kind: 'value'; readonly key: string; readonly value: string; readonly masked: boolean }
  /** `near` may be listed, and is where such a key would be. */
  | { readonly kind: 'none'; readonly key: string; readonly near: string }
  | { readonly kind: 'not-allowed'; readonly message: string }

type KeyListAnswer =
  | {
      readonly kind: 'list'
      readonly entries: readonly { readonly key: string; readonly value: string; readonly masked: boolean }[]
      readonly more: boolean
    }
  | { readonly kind: 'not-allowed'; readonly message: string }

/** What each right lets its holder do: already bound to the person and the scope that were authorized. */
export interface Capabilities {
  readonly deploy: StartCapability
  readonly restart: StartCapability
  readonly scale: StartCapability
  readonly rollback: StartCapability
  readonly promote: StartCapability
  readonly continue: { go(id: number, forMs: number, reason: string | null): Promise<GoOnResult> }
  readonly retry: StartCapability
  readonly take: { take(id: number, reason: string | null): Promise<TakeResult> }
  readonly pause: { pause(id: number, reason: string | null): Promise<PauseResult> }
  readonly resume: { resume(id: number, reason: string | null): Promise<ResumeResult> }
  readonly abort: { abort(id: number, reason: string | null): Promise<AbortResult> }
  readonly lock: { lock(why: string, untilMs: number | null): Promise<LockResult> }
  readonly unlock: { unlock(): Promise<UnlockResult> }
  readonly pin: { pin(release: Release, why: string): Promise<PinResult> }
  readonly unpin: { unpin(): Promise<UnpinResult> }
  readonly stop: { stop(why: string): Promise<StopResult> }
  readonly go: { go(why: string | null): Promise<GoResult> }
  readonly audit: AuditReader
}

export type StartRight = Plan['kind'] | 'retry'

export interface StartCapability {
  /** Says yes to the plan that a waiting rollout shows; with a hash only if it is that one. */
  confirm(id: number, hash: string | null): Promise<ConfirmResult>
  /** Throws when the plan is not for the target that was authorized. */
  start(request: StartRequest): Promise<StartResult>
}

export interface StartRequest {
  readonly plan: Plan
  /** What it was made from. */
  readonly ask: PlanAsk
  /** What force can pass is passed. */
  readonly force: boolean
  readonly place: Place
  readonly command: string
  readonly reason: string | null
  readonly retryOf: number | null
  /** Services of the same tier that follow when this one succeeded. */
  readonly next: readonly string[]
  /** What was typed about the manner, for those that follow. */
  readonly typed: Typed
  /** A hook asks for it, and no person typed or clicked it. */
  readonly asker?: 'person' | 'hook'
}

export type StartResult =
  | { readonly kind: 'started'; readonly id: number }
  /** The same request had already started this one. */
  | { readonly kind: 'repeated'; readonly id: number }
  /** It waits, and begins by itself. */
  | { readonly kind: 'queued'; readonly id: number; readonly for: WaitsFor }
  /** This one is under way or waits already, and does just the same: nothing was added. */
  | { readonly kind: 'joined'; readonly rollout: Rollout }
  /** It would have to wait, and no more may: `waiting` are those that do. */
  | { readonly kind: 'full'; readonly for: WaitsFor; readonly waiting: readonly number[] }
  | { readonly kind: 'locked'; readonly lock: Lock }
  | { readonly kind: 'stopped'; readonly stop: Stop }
  /** To another release, a moment ago. */
  | { readonly kind: 'pinned'; readonly pin: Pin }

export type ConfirmResult =
  | { readonly kind: 'confirmed'; readonly hash: string; readonly obstacles: readonly Obstacle[] }
  | { readonly kind: 'already'; readonly by: { readonly id: string; readonly name: string | null } }
  /** It shows another plan by now. */
  | { readonly kind: 'changed'; readonly hash: string }
  /** It does not wait for a yes (any more). */
  | { readonly kind: 'not-asked'; readonly rollout: Rollout }
  | { readonly kind: 'none' }

/** What a rollout that has waited must pass before it begins. */
export interface Admission {
  /** Plans it anew, from what was asked for. */
  plan(rollout: Rollout): Promise<Checked>
  /** Asks the door again, as who asked for it, and records the answer. */
  allow(
    rollout: Rollout,
  ): Promise<
    | { readonly kind: 'allowed'; readonly audit: number }
    | { readonly kind: 'denied'; readonly reason: string }
    | { readonly kind: 'silent'; readonly reason: string }
  >
}
