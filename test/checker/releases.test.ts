import { describe, expect, it } from 'vitest'
import { check } from '../../chaos/checker/check.ts'
import type { Asked, Change, Evidence, FleetLine, Said } from '../../chaos/checker/evidence.ts'
import { releasesTold } from '../../chaos/checker/told-releases.ts'

/** What the chaos checker makes of releases: one instance, rolled from one release to another. */

const [v1, v2, v3] = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`, `sha256:${'3'.repeat(64)}`] as const
const short = (digest: string): string => digest.slice(0, 'sha256:'.length + 12)
const unit = 'api@1.service'
const path = '/v2/opsee/api/manifests/production'
const pid = 7

interface Story {
  readonly phase: string
  readonly stage: string
  readonly release: string
}
const record = ({ phase, stage, release }: Story): object => ({
  id: 1,
  phase,
  seq: 1,
  command: 'deploy api production',
  reason: null,
  place: { channel: 'C', thread: null },
  requestedBy: { id: 'U0ANN' },
  ending: null,
  release: { stage: release },
  instances: [{ unit, stage, calls: 1, sidekicks: [] }],
  plan: {
    tier: 'production',
    service: 'api',
    atOnce: 1,
    release: { at: { by: 'tag', image: 'quay.io/opsee/api', tag: 'production' }, from: v1, to: { digest: v2 } },
  },
})

const ask = (at: number, one: Partial<Asked>): Asked => ({
  at,
  doneAt: at + 1,
  method: 'HEAD',
  path,
  status: 200,
  digest: null,
  heard: true,
  pids: [pid],
  ...one,
})
const process = (at: number, own: number, begins: boolean): FleetLine => ({
  at,
  tier: 'production',
  action: begins ? 'exec-start' : 'exited',
  unit,
  pid: own,
  detail: { kind: 'main' },
})
const stopAt = (at: number): FleetLine => ({
  at,
  tier: 'production',
  action: 'call',
  detail: { verb: 'stop', argv: ['stop', unit], id: 'c1', home: '/bot' },
})

interface Other {
  readonly asked?: readonly Asked[]
  readonly said?: readonly Said[]
  readonly stop?: number
  readonly named?: string
  readonly current?: string
  readonly told?: string
}
const well: Required<Omit<Other, 'told'>> = {
  asked: [ask(12_100, { digest: v1 }), ask(12_200, { method: 'PUT', digest: v2 }), ask(12_300, { digest: v2 })],
  said: [
    { at: 5, tier: 'production', unit, pid: 1, digest: v1 },
    { at: 14_005, tier: 'production', unit, pid: 2, digest: v2 },
  ],
  stop: 13_000,
  named: v2,
  current: v2,
}

/** A deploy that begins at 12 s and succeeds at 16 s, as it should be but for this. */
function violations(change: Other): readonly string[] {
  const { asked, said, stop, named, current } = { ...well, ...change }
  const writes: readonly (readonly [at: number, key: string, is: object])[] = [
    [12_000, 'rollouts/000000000001', record({ phase: 'rolling', stage: 'waiting', release: 'waiting' })],
    [12_050, 'owners/000000000001', { driver: `host:${pid}` }],
    [12_150, 'rollouts/000000000001', record({ phase: 'rolling', stage: 'waiting', release: 'moving' })],
    [12_400, 'rollouts/000000000001', record({ phase: 'rolling', stage: 'stopping', release: 'moved' })],
    [15_000, 'rollouts/000000000001', record({ phase: 'rolling', stage: 'done', release: 'moved' })],
    [16_000, 'rollouts/000000000001', record({ phase: 'succeeded', stage: 'done', release: 'moved' })],
  ]
  const changes = writes.map(([by, key, is], index): Change => ({
    key,
    value: JSON.stringify({ v: 1, is }),
    revision: index + 1,
    by,
    slop: 0,
  }))
  const last = changes.at(-1)
  if (last !== undefined) {
    const value = JSON.stringify({ v: 1, is: { release: { digest: current } } })
    changes.push({ ...last, key: 'targets/production/api/current', value })
  }
  const message = { channel: 'C', user: 'B', reactions: [] }
  const evidence: Evidence = {
    changes,
    typed: [],
    fleet: [process(1, 1, true), stopAt(stop), process(13_500, 1, false), process(14_000, 2, true)],
    asked,
    said,
    named: new Map([[path, named]]),
    messages: [
      { ...message, ts: '1', text: 'Rollout 1: succeeded' },
      ...(change.told === undefined ? [] : [{ ...message, ts: '2', thread_ts: '1', text: change.told }]),
    ],
    homes: new Map([['/bot', pid]]),
    harness: '/harness',
    machines: new Map(),
    historyChannel: 'H',
    bot: 'B',
    lagMs: 1000,
  }
  return check(evidence)
    .violations.filter(({ message: text }) => /registry|tag at|current|ran /.test(text))
    .map(({ invariant, message: text }) => `${invariant}: ${text}`)
}

describe('The checker, of releases', () => {
  it('has no fault to find with what agrees', () => {
    expect(violations({})).toEqual([])
  })

  it('finds a stop before the registry had shown the planned release', () => {
    expect(violations({ stop: 12_250 })).toEqual([
      expect.stringMatching(/^7: stopped api@1\.service at .* the registry had shown no bot by then/),
    ])
  })

  it('finds an answer that was lost on its way to be none', () => {
    const asked = [...well.asked.slice(0, 2), ask(12_300, { digest: v2, heard: false }), ask(13_100, { digest: v2 })]
    expect(violations({ asked })).toEqual([expect.stringContaining('the registry had shown no bot by then')])
  })

  it('finds an instance that runs something else, and believes a thread that says so', () => {
    const said = [...well.said.slice(0, 1), { at: 14_005, tier: 'production', unit, pid: 2, digest: v1 }]
    expect(violations({ said })).toEqual([expect.stringContaining(`api@1.service ran ${v1}, and not ${v2}`)])
    const told = (runs: string): string =>
      `Releases: the tag production of quay.io/opsee/api names v2 (${short(v2)}); as last seen, api@1 runs ${runs}.`
    expect(violations({ said, told: told(short(v1)) })).toEqual([])
    expect(violations({ told: told(short(v1)) })).toEqual([expect.stringContaining(`ran ${v2}, and not ${short(v1)}`)])
  })

  it('finds a tag that was not what the thread says; who moves it afterwards is nobody’s fault', () => {
    const byOthers = (at: number): Asked => ask(at, { method: 'PUT', digest: v3, pids: [] })
    const seen = [...well.asked, byOthers(14_000), ask(14_500, { digest: v3 }), ask(15_500, { digest: v3 })]
    expect(violations({ asked: seen, named: v3 })).toEqual([expect.stringContaining('the registry had told it')])
    expect(violations({ asked: [...well.asked, byOthers(17_000)], named: v3 })).toEqual([])
    expect(violations({ named: v3 })).toEqual([expect.stringContaining(`the registry names ${v3} since then`)])
  })

  it('finds a current that is another release', () => {
    expect(violations({ current: v1 })).toEqual([expect.stringContaining(`current holds ${v1}`)])
  })

  it('finds a push that was not recorded, and one by who drives nothing', () => {
    const early = [ask(12_100, { method: 'PUT', digest: v2 }), ...well.asked.slice(2)]
    expect(violations({ asked: early })).toEqual([
      expect.stringMatching(/^4: the tag at .* while its release was recorded as waiting$/),
    ])
    const other = [...well.asked, ask(12_200, { method: 'PUT', digest: v2, pids: [8] })]
    expect(violations({ asked: other })).toEqual([
      expect.stringMatching(/^1: the tag at .* by a bot that had no right/),
    ])
  })
})

describe('What a thread says of releases at its end', () => {
  const of = (names: string, instances: string): string =>
    `Releases: the tag production of quay.io/opsee/api ${names}; as last seen, ${instances}.`

  it.each([
    [`names v2 (revision abc, ${short(v2)})`, short(v2)],
    [`names ${short(v3)}, and no longer v2 (${short(v2)}): somebody else moved it`, short(v3)],
    [`was not moved, and names ${short(v1)}`, short(v1)],
    ['was not moved, and names nothing', 'nothing'],
    [`named v2 (${short(v2)}) when it was last seen`, null],
    [`was told to name v2 (${short(v2)}), and was not seen to`, null],
    ['was not moved', null],
  ])('is understood: %s', (text, names) => {
    expect(releasesTold(of(text, 'api@1 runs it'))?.names).toBe(names)
  })

  it('is of each instance', () => {
    const text = `api@1 and api@2 run it, api@3 runs ${short(v1)}, api@4 does not say what it runs, api@5 and api@6 do not say what they run`
    expect([...(releasesTold(of('was not moved', text))?.runs ?? [])]).toEqual([
      ['api@1', 'it'],
      ['api@2', 'it'],
      ['api@3', short(v1)],
      ['api@4', null],
      ['api@5', null],
      ['api@6', null],
    ])
  })
})
