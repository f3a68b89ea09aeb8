/** How a recorded scenario is replayed, and what of it is not, each step with the reason. */
export interface Replayed {
  readonly kind: 'replayed'
  readonly timeScale: number
  /** The scenario whose end this one begins with. */
  readonly continues?: string
  /** Steps left out, with the reason. */
  readonly skip?: Readonly<Record<number, string>>
  /** Steps that are done, but whose outcome was a matter of luck in the recording, with the reason. */
  readonly uncompared?: Readonly<Record<number, string>>
  /** Calls during which no agent looked. */
  readonly asleepAgents?: readonly number[]
  /** Calls that met the agents' look at an unlucky moment: here agents see everything at once for so long. */
  readonly eagerAgents?: readonly number[]
  /** Before these steps the recording emptied its cluster without saying so. */
  readonly emptyBefore?: readonly number[]
  /** Gaps between entries are cut to this, in the recording's time. */
  readonly longestGapMs?: number
  /** Calls that never ended are killed after this, in the recording's time. */
  readonly longestHangMs?: number
  /** Why states and processes over time are not compared. */
  readonly freeSequences?: string
}

export interface OutOfScope {
  readonly kind: 'out-of-scope'
  readonly reason: string
}

const plain = { kind: 'replayed', timeScale: 0.3 } as const

/** The same reason for every step of a range. */
function without(from: number, to: number, reason: string): Record<number, string> {
  return Object.fromEntries(Array.from({ length: to - from + 1 }, (_, index) => [from + index, reason]))
}

const NO_ETCD = 'the stand-in has no etcd that fleetctl could talk to'
const NO_SSH = 'the stand-in has no ssh server'
const NO_SOCKET = 'the API of the stand-in has no unix socket'
const NO_TLS = 'the API of the stand-in speaks no TLS'
const NO_ROUTE = 'loopback has no address whose packets get lost'
const LUCK = 'which of eight clients wins differs in every run, in the recording too'
const RENEWAL = 'which rows ran out depends on whose renewal fell into the freeze'
const REPORT = 'exit 0 or 1 depends on whether the report of the old copy was still there'
const FIRST =
  'if the agent is quicker than the engine, a replaced unit stays on its machine; two live copies need the other order'
const FLASH = 'a unit that fails at once is up for some milliseconds, and a look may fall into them'
const NOTICED = 'agents notice a wish up to five seconds later: what has ended by then, and what a start sees, differs'
const MOMENT = 'asked within two tenths of a second: whether the restart still goes on is a matter of the moment'

/** Every scenario of the recording; the conformance suite asserts that none is missing. */
export const SCENARIOS: Readonly<Record<string, Replayed | OutOfScope>> = {
  'version-help': plain,
  'usage-errors': plain,
  'empty-cluster': plain,
  'list-machines': plain,
  submit: plain,
  'submit-bad-files': plain,
  'start-default': plain,
  // One attempt is 2 s: the recorded agent looked in time.
  'stop-default': { ...plain, continues: 'start-default', eagerAgents: [74] },
  'start-no-block': plain,
  'start-block-attempts': { ...plain, asleepAgents: [2] },
  'changed-unit-file': plain,
  'client-races': { ...plain, timeScale: 0.6, emptyBefore: [38, 42], uncompared: without(4, 37, LUCK) },
  'concurrent-clients': {
    ...plain,
    timeScale: 1,
    longestHangMs: 4000,
    uncompared: { ...without(3, 4, LUCK), 43: NOTICED },
  },
  'connection-errors': {
    ...plain,
    skip: { ...without(16, 19, NO_ROUTE), 29: NO_SSH, 35: NO_ETCD },
  },
  'connection-options': {
    ...plain,
    skip: { ...without(1, 2, NO_SOCKET), ...without(17, 24, NO_ETCD), ...without(26, 37, NO_TLS) },
  },
  'crash-loop': { ...plain, uncompared: { 114: FLASH } },
  'destroy-then-start-at-once': {
    ...plain,
    freeSequences: 'whether the old process survives depends on when the agent looks, in the recording too',
  },
  'etcd-freeze-longer-than-ttl': { ...plain, longestGapMs: 60_000 },
  // A stop and a start begin a third of a second before etcd freezes.
  'etcd-freeze': { ...plain, timeScale: 1, uncompared: { 42: RENEWAL } },
  'fail-exec-start': plain,
  'fleetd-orderly-restart': { ...plain, skip: { 16: MOMENT } },
  'fleetd-restart': {
    kind: 'out-of-scope',
    reason:
      'after its crash and its SIGHUP the recorded fleetd flaps between answers and 503 for minutes, at moments that are ' +
      'its own; its orderly restart is in fleetd-orderly-restart, crash and freeze are faults that faults.test.ts tries',
  },
  'global-unit': plain,
  'load-unload-destroy': plain,
  'machine-death-with-commands': plain,
  'machine-death': { ...plain, longestGapMs: 45_000 },
  'machine-orderly-shutdown': plain,
  'missing-unit': plain,
  'network-partition': { ...plain, longestGapMs: 40_000 },
  'overlap-slow-stop': { ...plain, uncompared: { 14: FIRST, 20: REPORT, 26: REPORT }, freeSequences: FIRST },
  placement: plain,
  'restart-hangs': { ...plain, eagerAgents: [4] },
  'restart-outcomes-spaced': plain,
  'restart-outcomes': plain,
  restart: { ...plain, eagerAgents: [223] },
  'rolling-update-done-right': plain,
  'slow-start': plain,
  'slow-stop': { ...plain, uncompared: { 139: NOTICED, 224: NOTICED, 294: NOTICED } },
  'ssh-commands': { ...plain, skip: without(10, 37, NO_SSH) },
  'start-return-code-statistics': { ...plain, emptyBefore: [5, 8] },
  unschedulable: plain,
}
