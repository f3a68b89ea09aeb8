import { describe, expect, it } from 'vitest'
import type { Plan } from '../../src/domain/plan.ts'
import type { Proof } from '../../src/domain/release.ts'
import { onlyRestartText, shipsNothing } from '../../src/domain/ships.ts'
import { digestOf, releaseOf } from '../support/releases.ts'
import { planOf } from '../support/rollouts.ts'

const health: Proof = { by: 'health', field: 'release' }

/** A deploy of release 2, which is wanted already, while every instance runs `runs`. */
function deploy(runs: string | null, proof: Proof = health, over: Partial<Plan> = {}): Plan {
  const plan = planOf()
  return {
    ...plan,
    batches: plan.batches.map((batch) => batch.map((one) => ({ ...one, runs: runs === null ? null : digestOf(runs) }))),
    release: {
      at: { by: 'tag', image: 'quay.io/opsee/api', tag: 'production' },
      from: digestOf('2'),
      to: { ...releaseOf('2'), tag: 'v2' },
      proof,
    },
    ...over,
  }
}

describe('a bare deploy', () => {
  it('of what every instance runs already ships nothing new, and says so', () => {
    expect(shipsNothing(deploy('2'))).toBe(true)
    expect(onlyRestartText(deploy('2'), null)).toBe(
      'nothing new ships: v2 (sha256:222222222222) runs on 3 instances already, so this is only a restart',
    )
  })

  it('says so with care where the instances do not say what they run', () => {
    const silent = deploy(null, { by: 'none' })
    expect(onlyRestartText(silent, releaseOf('2'))).toContain('nothing new ships, as far as Opsee knows')
    expect(onlyRestartText(silent, releaseOf('1'))).toBeNull()
    expect(onlyRestartText(silent, null)).toBeNull()
  })

  it.each<[string, Plan]>([
    ['its instances run another one', deploy('1')],
    ['an instance did not say', deploy(null)],
    ['it is a restart, which says so itself', deploy('2', health, { kind: 'restart' })],
    ['nothing is known of releases', deploy('2', health, { release: null })],
  ])('says nothing when %s', (_, plan) => {
    expect(onlyRestartText(plan, null)).toBeNull()
  })
})
