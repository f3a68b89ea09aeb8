import { describe, expect, it } from 'vitest'
import type { Fact } from '../../src/domain/event.ts'
import { rootMessage } from '../../src/narrator/board.ts'
import { closingMessage } from '../../src/narrator/closing.ts'
import { releaseText } from '../../src/domain/release.ts'
import { lineOf } from '../../src/narrator/lines.ts'
import { releaseOf } from '../support/releases.ts'
import { gate } from '../rollout/world.ts'
import { planOf, rolloutOf } from '../support/rollouts.ts'
import { textOf } from './pages.ts'

/** Names, numbers and times differ from run to run; the sentences do not. */
const shape = (text: string): string =>
  text
    .replaceAll(/bartnet/g, 'api')
    .replaceAll(/<@\w+>|@\w+ (?=api production)/g, '@ ')
    .replaceAll(/Plan \S+:/g, 'Plan X:')
    .replaceAll(/sha256:\w+/g, 'a digest')
    .replaceAll(/revision \w+/g, 'a revision')
    .replaceAll(/\d+(?:\.\d+)*/g, '0')
    .replaceAll(/\b0(?:m?s|m)\b/g, '0s')
    .replaceAll(/ +/g, ' ')
    .trim()

const [, printed = ''] = /^```text\n([^]*?)\n```$/m.exec(textOf('README.md')) ?? []
const shown = printed.split('\n').map((line) => shape(line.replace(/^[\d:]{8} +(?:[#|=] (?:now: )?)?| {14}/, '')))

const release = { ...releaseOf('2'), tag: null, version: '2.7.0' }
const plan = planOf({
  gate,
  release: {
    at: { by: 'tag', image: 'quay.io/opsee/api', tag: 'production' },
    from: release.digest,
    to: release,
    proof: { by: 'health', field: 'digest' },
  },
  rollback: { to: { ...releaseOf('1'), tag: null, version: '2.6.1' }, id: null, afterMs: 20_000 },
})
const rolling = { ...rolloutOf(plan), requestedBy: { id: 'U0ANN', name: 'ann' } }
const ended = { ...rolling, phase: 'succeeded', endedAt: rolling.createdAt + 38_000 } as const
const line = (fact: Fact, rollout: typeof rolling | typeof ended = rolling): string =>
  shape(lineOf({ rollout: 1, seq: 3, at: 0, fact }, rollout) ?? '')

describe('What the README shows of the demo', () => {
  it('is worded as the thread is', () => {
    const [unit = ''] = rolling.instances.map((one) => one.unit)
    const reason = `it has run steadily and passed its health gate; it runs ${releaseText(release)}`
    const healthy = { kind: 'healthy', unit, machine: 'm', ip: '127.0.0.1', tookMs: 9800, reason } as const
    expect(shown).toContain(line(healthy))
    expect(shown).toContain(line({ kind: 'batch-began', batch: 1, units: [unit], canary: false }))
    expect(shown).toContain(
      line({ kind: 'ended', phase: 'succeeded', reason: '3 of 3 replaced', journal: [], noJournal: null }, ended),
    )
    const begins = lineOf(
      { rollout: 1, seq: 1, at: 0, fact: { kind: 'accepted', by: rolling.requestedBy, retryOf: null } },
      rolling,
    )
    const lines = (begins ?? '').split('\n').map(shape)
    expect(lines).toHaveLength(4)
    expect(shown).toEqual(expect.arrayContaining(lines))
  })

  it('is worded as the root message and the closing line are', () => {
    expect(shown).toContain(shape(rootMessage(rolling).text))
    expect(shown).toContain(shape(rootMessage(ended).text))
    expect(shown).toContain(shape(closingMessage(ended).text))
  })
})
