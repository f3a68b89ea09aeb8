import { describe, expect, it } from 'vitest'
import type { HealthGate } from '../../src/ports/health.ts'
import { lineOf } from '../../src/narrator/lines.ts'
import { planOf, rolloutOf } from '../rollout/world.ts'

const by = { id: 'U1', name: 'ann' }

function planLine(gate: HealthGate): string {
  const rollout = rolloutOf({ ...planOf(), gate, settleMs: 1500 })
  const event = { rollout: 1, seq: 1, at: 0, fact: { kind: 'accepted', by, retryOf: null } } as const
  return lineOf(event, rollout) ?? ''
}

describe('the line of the plan', () => {
  it.each<[string, HealthGate, string]>([
    [
      'a port',
      { kind: 'http', port: 8080, path: '/health', timeoutMs: 1, identity: null },
      'answer well at :8080/health',
    ],
    [
      'an announced port',
      { kind: 'http', port: 'announced', path: '/health', timeoutMs: 1, identity: null },
      'answer well at /health on the port that it announces',
    ],
    ['a TCP port', { kind: 'tcp', port: 25, timeoutMs: 1 }, 'accept connections at :25'],
    [
      'an announced TCP port',
      { kind: 'tcp', port: 'announced', timeoutMs: 1 },
      'accept connections at the port that it announces',
    ],
  ])('says in words a person reads where the gate asks: %s', (_, gate, said) => {
    expect(planLine(gate)).toContain(`Each must run and ${said} for 1.5s;`)
  })
})
