import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { difference } from './compare.ts'
import { deedOf, removeFile } from './happenings.ts'
import type { Deed } from './happenings.ts'
import { History } from './history.ts'
import { openTestLab, type TestLab } from './lab.ts'
import { openPlaces, type Places } from './places.ts'
import { wrongProcesses } from './processes.ts'
import type { Replayed } from './scenarios.ts'
import { inventedState, missingSequence, recordedSequences, seenSequences } from './sequences.ts'
import { listingOf } from './tables.ts'
import { isSample, type Call, type Entry } from './transcript.ts'

/** Time for what needs no lag to show, real ms. */
const GRACE_MS = 3000
const ROUNDING_MS = 3

/** Replays a scenario against a new lab; resolves with everything that was different from the recording. */
export async function replay(
  before: readonly Entry[],
  entries: readonly Entry[],
  scenario: Replayed,
): Promise<string[]> {
  const lab = await openTestLab({ timeScale: scenario.timeScale })
  const places = await openPlaces()
  const history = new History(join(lab.dir, 'lab', 'chronicle.jsonl'))
  try {
    const prelude = new Run(lab, places, history, { ...scenario, skip: {} })
    await prelude.all(before)
    // What only the earlier scenario needs would now be in the way of "no local files".
    for (const name of readdirSync(lab.cwd)) if (before.length > 0) removeFile(lab.cwd, name)
    const run = new Run(lab, places, history, scenario)
    await run.all(entries)
    return run.problems
  } finally {
    places.testServer.close()
    await lab.close()
  }
}

interface Started {
  readonly entry: Entry
  readonly at: number
  readonly done: Promise<number>
}

class Run {
  readonly problems: string[] = []
  readonly #lab: TestLab
  readonly #places: Places
  readonly #history: History
  readonly #scenario: Replayed
  readonly #mainPids = new Map<string, number | null>()
  #changedAt = Date.now()

  constructor(lab: TestLab, places: Places, history: History, scenario: Replayed) {
    this.#lab = lab
    this.#places = places
    this.#history = history
    this.#scenario = scenario
  }

  /** Begins each entry as long after the one before it as the real one did, scaled; calls that overlapped overlap. */
  async all(entries: readonly Entry[]): Promise<void> {
    const { skip = {}, timeScale, longestGapMs = 15_000 } = this.#scenario
    const todo = entries.filter((entry) => skip[entry.step] === undefined)
    const started: Started[] = []
    for (const entry of todo) {
      if (entry.kind === 'call') this.#writeFiles(entry)
      if (entry.kind === 'call' && isSample(entry)) continue
      const before = started.at(-1)
      for (const other of started) if (endOf(other.entry) <= entry.at) await other.done
      if (before !== undefined) {
        const ended = endOf(before.entry) <= entry.at
        const gap = Math.min(entry.at - (ended ? endOf(before.entry) : before.entry.at), longestGapMs) * timeScale
        await sleep((ended ? await before.done : before.at) + gap - Date.now())
      }
      started.push({ entry, at: Date.now(), done: this.#begin(entry) })
    }
    for (const { done } of started) await done
    this.#compareSequences(entries)
  }

  #writeFiles(call: Call): void {
    for (const [name, text] of Object.entries(call.cwdFiles)) writeFileSync(join(this.#lab.cwd, name), text)
  }

  async #begin(entry: Entry): Promise<number> {
    if (this.#scenario.emptyBefore?.includes(entry.step) === true) await this.#do({ kind: 'empty-cluster' })
    const problem = entry.kind === 'call' ? await this.#call(entry) : await this.#do(deedOf(entry.text))
    if (problem !== null && this.#scenario.uncompared?.[entry.step] === undefined)
      this.problems.push(`step ${entry.step}: ${problem}`)
    return Date.now()
  }

  async #call(call: Call): Promise<string | null> {
    const expected = this.#here(call)
    // A call that says nothing on stdout changed nothing: what a list shows after it may date from before.
    if (call.stdout !== '' && listingOf(call.argv) === null) {
      this.#changedAt = Date.now()
      for (const { unit, pid } of await this.#lab.fleet.instances()) this.#mainPids.set(unit, pid)
    }
    const pace = this.#paceFor(call)
    if (pace !== 'measured') await this.#lab.fleet.fault({ kind: 'agents', pace })
    const limit = Math.min(
      call.timeoutMs ?? 120_000,
      call.rc === null ? (this.#scenario.longestHangMs ?? 6000) : 120_000,
    )
    const outcome = await this.#lab.run(expected.argv, {
      env: expected.env,
      timeoutMs: call.rc === null ? limit * this.#scenario.timeScale + 300 : 60_000,
    })
    if (pace !== 'measured') await this.#lab.fleet.fault({ kind: 'agents', pace: 'measured' })
    const said = await difference(expected, outcome, {
      history: this.#history,
      from: this.#changedAt,
      graceMs: GRACE_MS,
    })
    return said === null ? null : `fleetctl ${call.argv.join(' ')}: ${said}`
  }

  /**
   * When the agents look decides what a restart does (restart-hangs): here they look when the recorded ones did, at the
   * first change or not before fleetctl has ended.
   */
  #paceFor(call: Call): 'measured' | 'eager' | 'asleep' {
    if (this.#scenario.eagerAgents?.includes(call.step) === true) return 'eager'
    const asleep = this.#scenario.asleepAgents?.includes(call.step) === true
    return asleep || call.stderr.includes('was restarted') ? 'asleep' : 'measured'
  }

  /** The recorded call with the addresses of this lab. */
  #here(call: Call): Call {
    const { endpoints } = this.#lab.fleet
    const ips = this.#lab.fleet.machines.map(({ ip }) => ip)
    const move = (text: string): string =>
      text
        .replaceAll('127.0.0.1:18081', `127.0.0.1:${this.#places.closedPort}`)
        .replaceAll('127.0.0.1:18080', `127.0.0.1:${this.#places.testServer.port}`)
        .replaceAll('http://FLEET:49153', endpoints[0] ?? '')
        .replaceAll('FLEET:49153', `${ips[0] ?? ''}:49153`)
        .replaceAll(/10\.77\.0\.1([123])(?!\d)/g, (_all, n: string) => ips[Number(n) - 1] ?? '')
        .replaceAll('DIR/', `${this.#lab.cwd}/`)
    return {
      ...call,
      argv: call.argv.map((arg) => move(arg)),
      stdout: move(call.stdout),
      stderr: move(call.stderr),
      env: Object.fromEntries(Object.entries(call.env).map(([key, value]) => [key, move(value)])),
    }
  }

  async #do(deed: Deed): Promise<string | null> {
    const { fleet, cwd } = this.#lab
    switch (deed.kind) {
      case 'nothing':
        return null
      case 'fault':
        this.#changedAt = Date.now()
        await fleet.fault(deed.order)
        return null
      case 'remove-file':
        removeFile(cwd, deed.name)
        return null
      case 'test-server':
        this.#places.testServer.answerWith(deed.status, deed.body)
        return null
      case 'empty-cluster': {
        const { units } = this.#history.now()
        await this.#lab.run(['--endpoint', fleet.endpoints[0] ?? '', 'destroy', ...units.map(({ name }) => name)])
        return this.#until('the cluster is empty', async () => this.#history.now().states.length === 0)
      }
      case 'await-row':
        return this.#until(`${deed.unit} is ${deed.wanted}`, async () => {
          const { states, units } = this.#history.now()
          const row = states.find(({ name }) => name === deed.unit)
          if (deed.wanted === 'gone') return row === undefined
          if (deed.wanted === 'stopped') return row?.active === 'inactive' || row?.active === 'failed'
          const file = units.find(({ name }) => name === deed.unit)
          return row?.sub === 'running' && row.hash === file?.hash
        })
      case 'main-process':
        return this.#until(`${deed.unit} has ${deed.running ? 'its old' : 'no'} main process`, async () => {
          const pid = (await fleet.instances()).find(({ unit }) => unit === deed.unit)?.pid ?? null
          return deed.running ? pid !== null && pid === this.#mainPids.get(deed.unit) : pid === null
        })
      case 'alive':
        return this.#until(`${deed.unit ?? 'a unit'} has ${deed.count} live processes`, async () => {
          const live = (await fleet.instances()).filter(({ unit, pid }) => pid !== null && (deed.unit ?? unit) === unit)
          return deed.count === 0 ? live.length === 0 : live.length >= deed.count
        })
    }
  }

  async #until(what: string, holds: () => Promise<boolean>): Promise<string | null> {
    const until = Date.now() + GRACE_MS + 20_000 * this.#scenario.timeScale
    while (Date.now() < until) {
      if (await holds()) return null
      await sleep(20)
    }
    return `it never came that ${what}`
  }

  #compareSequences(entries: readonly Entry[]): void {
    const { skip = {}, freeSequences } = this.#scenario
    this.#history.now()
    const calls = entries.filter(
      (entry): entry is Call => entry.kind === 'call' && isSample(entry) && skip[entry.step] === undefined,
    )
    const globals = new Set(
      this.#history.snapshots.flatMap(({ units }) => units.filter(({ global }) => global).map(({ name }) => name)),
    )
    if (freeSequences === undefined) {
      const recorded = recordedSequences(calls, globals)
      const seen = seenSequences(this.#history.snapshots, globals)
      const wrong = [missingSequence(recorded, seen), inventedState(recorded, seen)]
      this.problems.push(...wrong.filter((problem) => problem !== null))
      this.problems.push(...wrongProcesses(entries, this.#history))
    }
  }
}

/** Calls one behind the other overlap by a millisecond of rounding, which is no overlap. */
function endOf(entry: Entry): number {
  return entry.at + (entry.kind === 'call' ? entry.tookMs - ROUNDING_MS : 0)
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, ms))
  })
}
