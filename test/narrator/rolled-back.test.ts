import { describe, expect, it } from 'vitest'
import { causeText } from '../../src/domain/failure-reason.ts'
import type { Plan } from '../../src/domain/plan.ts'
import type { Release } from '../../src/domain/release.ts'
import type { Rollout } from '../../src/domain/rollout.ts'
import { rootMessage } from '../../src/narrator/board.ts'
import { closingMessage } from '../../src/narrator/closing.ts'
import { lineOf } from '../../src/narrator/lines.ts'
import { gate, World } from '../rollout/world.ts'
import { planOf } from '../support/rollouts.ts'

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`
const [v1, v2] = [digest('1'), digest('2')]
const releaseOf = (of: string, version: string): Release => ({
  digest: of,
  tag: null,
  revision: null,
  version,
  source: null,
  builtAt: null,
})
const release: Plan['release'] = {
  at: { by: 'tag', image: 'quay.io/opsee/api', tag: 'production' },
  from: v1,
  to: releaseOf(v2, '2.8.0'),
  proof: { by: 'health', field: 'digest' },
}
const rollback: Plan['rollback'] = { to: releaseOf(v1, '2.7.0'), id: 7, afterMs: 30_000 }

/** Three instances; the first never answers well with 2.8.0. */
function failing(): World {
  const world = new World(planOf({ gate, release, rollback, progressDeadlineMs: 60_000 }))
  world.bad.add(v2)
  return world
}
const asked = (rollout: Rollout): Rollout => ({
  ...rollout,
  requestedBy: { id: 'U0ANN', name: 'ann' },
  reason: 'new billing',
})
const shown = (rollout: Rollout): string =>
  rootMessage(rollout)
    .sections.map((section) => ('text' in section ? section.text : ''))
    .join('\n')
const lines = (world: World): readonly string[] =>
  world.facts.map((fact, index) => lineOf({ rollout: 1, seq: index + 1, at: 0, fact }, asked(world.rollout)) ?? '')
const verdict = 'api production: 2.8.0 failed and was rolled back. api@1 answered HTTP 503 for 1m. All 3 run 2.7.0.'

describe('a release that failed and was rolled back', () => {
  const world = failing()
  world.run()
  const rollout = asked(world.rollout)

  it('has a verdict that names what failed, why, and what runs now', () => {
    expect(rollout.phase).toBe('rolled-back')
    expect(rootMessage(rollout).text).toBe(`Rollout ${rollout.id}: ${verdict}`)
    expect(shown(rollout)).toContain(`↩️ ${verdict}`)
    expect(lines(world).at(-1)).toContain(`<@U0ANN> ↩️ ${verdict}`)
    expect(closingMessage(rollout).text).toMatch(
      new RegExp(`^↩️ ${verdict} · deploy by @ann \\("new billing"\\) after \\S+ \\(rollout ${rollout.id}\\)$`),
    )
  })

  it('shows the words of the person beside the person, and both releases as what they are', () => {
    const context = rootMessage(rollout).sections.find(({ kind }) => kind === 'context')
    expect(context).toMatchObject({
      text: expect.stringMatching(/^by @ann \("new billing"\) · failed release 2\.8\.0 \(.*\) · back to 2\.7\.0 \(/),
    })
  })

  it('counts the rollback by itself: its bar, its batches, its instances', () => {
    expect(shown(rollout)).toMatch(/failed and was rolled back after \S+, 1 of 1 rolled back, 2 never changed\*\n■\n/)
    const batches = lines(world).filter((line) => /^(?:Batch|Rollback)\b/.test(line))
    expect(batches).toEqual(['Batch 1 of 3: api@1', 'Rollback: api@1'])
  })
})

describe('a release that is being rolled back', () => {
  const world = failing()
  world.bad.delete(v2)
  const until = (reached: () => boolean): void => {
    for (let turn = 0; turn < 2000 && !reached(); turn++) world.turn()
    expect(reached()).toBe(true)
  }

  it('has batches of its own, and says which release failed', () => {
    until(() => world.rollout.instances[1]?.stage === 'done')
    world.bad.add(v2)
    until(() => world.rollout.rollback?.stage === 'countdown')
    expect(shown(asked(world.rollout))).toMatch(/failed and rolls back to 2\.7\.0 at /)
    world.bad.delete(v2)
    until(
      () => world.rollout.rollback?.stage === 'going' && world.rollout.instances.some(({ stage }) => stage === 'done'),
    )
    const rollout = asked(world.rollout)
    expect(shown(rollout)).toContain('is being rolled back: 1 of 3 rolled back')
    expect(shown(rollout)).toContain('↩️ 2.8.0 failed: ')
    expect(shown(rollout)).toContain('It is being rolled back to 2.7.0.')
    expect(lines(world).find((line) => line.startsWith('Rollback batch'))).toMatch(/^Rollback batch 1 of 3: api@\d$/)
  })
})

describe('a rollback that fails too', () => {
  it('says both reasons, what runs, and that a person is needed', () => {
    const world = failing()
    world.bad.add(v1)
    world.run()
    const rollout = asked(world.rollout)
    expect(rollout.phase).toBe('rollback-failed')
    expect(rootMessage(rollout).text).toMatch(
      /: api production: 2\.8\.0 failed, and its rollback failed too\. api@1 answered HTTP 503 for 1m\. Then: api@1 answered HTTP 503 for 1m\. /,
    )
    expect(lines(world).at(-1)).toContain('*A person is needed.*')
    expect(shown(rollout).match(/answered HTTP 503/g)).toHaveLength(2)
  })
})

describe('the reason of a failure, as a sentence', () => {
  it.each([
    [
      'no instance became healthy for 1m: api@1.service runs, but does not pass its health gate: HTTP 503 from http://10.0.0.1:8080/health',
      'api@1 answered HTTP 503 for 1m.',
    ],
    [
      'no instance became healthy for 20s: api@1.service runs, but does not pass its health gate: no answer within 1 s (http://10.0.0.1/)',
      'api@1 failed its health check for 20s: no answer within 1 s (<http://10.0.0.1/|http://10.0.0.1/>).',
    ],
    [
      'api@2.service is in a crash loop: systemd restarted it 3 times',
      'api@2 is in a crash loop: systemd restarted it 3 times.',
    ],
    ['no instance became healthy for 1m: fleet is <away>', 'No instance became healthy for 1m: fleet is &lt;away&gt;.'],
    ['', '.'],
  ])('%j is %j', (reason, said) => {
    expect(causeText(reason)).toBe(said)
  })
})
