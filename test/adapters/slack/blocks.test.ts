import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { blocks, keyOf } from '../../../src/adapters/slack/blocks.ts'
import { cut, cutMrkdwn, plain, safe } from '../../../src/adapters/slack/text.ts'
import type { Button, Section } from '../../../src/ports/chat.ts'

const points = (text: string): number => Array.from(text).length
const lay = (...sections: readonly Section[]) => blocks({ text: 't', sections }, 'r1')
const button = (over: Partial<Button> = {}): Button => ({
  label: 'Abort',
  command: 'abort 12',
  style: 'plain',
  confirm: null,
  ...over,
})

describe('text', () => {
  test('is cut by characters, not by halves of them', () => {
    expect(cut('🎉🎉🎉🎉', 3)).toBe('🎉🎉…')
    expect(cut('🎉🎉🎉', 3)).toBe('🎉🎉🎉')
  })

  test.each([
    ['aaaaaaaa&amp;bbbbbb', 'aaaaaaaa…'],
    ['aaaa <https://example.org|label>', 'aaaa…'],
    ['``` code that is long ```', '``` code th…```'],
  ])('mrkdwn is never cut inside an entity, a link or a fence: %s', (text, expected) => {
    expect(cutMrkdwn(text, 16)).toBe(expected)
  })

  test('any text fits its limit after the cut', () => {
    const pieces = fc.array(fc.constantFrom('&amp;', '<u|l>', '```', 'a', '🎉', ' ', '\n', '<', '&'), { maxLength: 60 })
    fc.assert(
      fc.property(pieces, fc.integer({ min: 8, max: 40 }), (parts, limit) => {
        const text = parts.join('')
        expect(points(cutMrkdwn(text, limit))).toBeLessThanOrEqual(limit)
        expect(points(cut(text, limit))).toBeLessThanOrEqual(limit)
      }),
    )
  })

  test('a broadcast pings nobody, and mentions of people stay', () => {
    expect(safe('<!channel> <!here|here> <!everyone> <@U1> <!date^1^{date}|x>')).toBe(
      '@channel @here @everyone <@U1> <!date^1^{date}|x>',
    )
  })

  test.each([
    ['<!subteam^S0ONCALL>', '&lt;!subteam^S0ONCALL>'],
    ['<!subteam^S0ONCALL|@oncall>', '&lt;!subteam^S0ONCALL|@oncall>'],
    ['<!channel|', '&lt;!channel|'],
    ['<!CHANNEL>', '@CHANNEL'],
    ['<javascript:x|y> <tel:1>', '&lt;javascript:x|y> &lt;tel:1>'],
    ['a < b <@U1|ann> <#C1|deploys> <https://x.org|x>', 'a &lt; b <@U1|ann> <#C1|deploys> <https://x.org|x>'],
    ['v2\u202E\u200B.0', 'v2.0'],
  ])('only our own markup gets through: %j', (text, shown) => {
    expect(safe(text)).toBe(shown)
    const [block] = lay({ kind: 'text', text })
    expect(block).toMatchObject({ text: { type: 'mrkdwn', text: shown, verbatim: true } })
  })

  test('labels of headers and buttons have no invisible character', () => {
    const [header, actions] = lay(
      { kind: 'header', text: 'v2\u202E' },
      { kind: 'buttons', buttons: [button({ label: 'v2\u200B', confirm: 'v2\u2066?' })] },
    )
    expect(header).toMatchObject({ text: { text: 'v2' } })
    expect(actions).toMatchObject({ elements: [{ text: { text: 'v2' }, confirm: { text: { text: 'v2?' } } }] })
  })

  test('text of any kind takes linear time', () => {
    const timed = (text: string): number => {
      const before = performance.now()
      safe(text)
      return performance.now() - before
    }
    for (const one of ['<!channel|', '<', '<@', '<https://a', '<!date^1^', '<#C1|']) {
      const quick = Math.max(20, Math.min(...[0, 1, 2].map(() => timed(one.repeat(2_000)))))
      expect(Math.min(...[0, 1, 2].map(() => timed(one.repeat(40_000))))).toBeLessThan(quick * 200)
    }
  })

  test('plain text shows characters, not entities and links', () => {
    expect(plain('a &lt;b&gt; &amp; <https://x.org|label> <https://y.org>')).toBe('a <b> & label https://y.org')
  })
})

describe('blocks', () => {
  test('are of the kinds that local-slack can show', () => {
    const shown = lay(
      { kind: 'header', text: 'api → production' },
      { kind: 'text', text: '*rolling*' },
      { kind: 'fields', fields: [{ name: 'From', value: 'a' }] },
      { kind: 'context', text: 'by <@U1>' },
      { kind: 'buttons', buttons: [button()] },
    )
    expect(shown.map((block) => block.type)).toEqual(['header', 'section', 'section', 'context', 'actions'])
    expect(shown[2]).toMatchObject({ fields: [{ type: 'mrkdwn', text: '*From*\na', verbatim: true }] })
  })

  test('what is empty is left out, for Slack refuses it', () => {
    expect(
      lay(
        { kind: 'text', text: ' ' },
        { kind: 'header', text: '' },
        { kind: 'fields', fields: [] },
        { kind: 'buttons', buttons: [button({ label: ' ' }), button({ command: '' })] },
      ),
    ).toEqual([])
  })

  test('a button carries its command whole, a stable action id, its style and its question', () => {
    const [block] = lay({ kind: 'buttons', buttons: [button({ style: 'danger', confirm: 'Abort &amp; stop?' })] })
    expect(block).toMatchObject({
      elements: [
        {
          action_id: 'opsee:abort:0',
          value: 'abort 12',
          style: 'danger',
          accessibility_label: 'Abort',
          confirm: { text: { text: 'Abort & stop?' }, style: 'danger' },
        },
      ],
    })
  })

  test('a command too long for a button is left out, for a cut one would be another command', () => {
    expect(lay({ kind: 'buttons', buttons: [button({ command: 'x'.repeat(2001) })] })).toEqual([])
    expect(lay({ kind: 'buttons', buttons: [button({ command: 'x'.repeat(2000) })] })).toHaveLength(1)
  })

  test('action ids are unique within their block', () => {
    const [block] = lay({ kind: 'buttons', buttons: [button(), button({ command: 'abort 13' })] })
    expect(block).toMatchObject({ elements: [{ action_id: 'opsee:abort:0' }, { action_id: 'opsee:abort:1' }] })
  })

  test('too many blocks lose their middle and keep the buttons', () => {
    const texts = Array.from({ length: 60 }, (_, index): Section => ({ kind: 'text', text: `line ${index}` }))
    const shown = lay(...texts, { kind: 'buttons', buttons: [button()] })
    expect(shown).toHaveLength(50)
    expect(shown[48]).toMatchObject({ type: 'context', elements: [{ text: '… and 12 more not shown' }] })
    expect(shown[49]).toMatchObject({ type: 'actions' })
  })

  test('more fields and buttons than a block may hold go into several', () => {
    const fields = Array.from({ length: 23 }, (_, index) => ({ name: `f${index}`, value: 'v' }))
    const buttons = Array.from({ length: 26 }, () => button())
    expect(lay({ kind: 'fields', fields })).toHaveLength(3)
    expect(lay({ kind: 'buttons', buttons })).toHaveLength(2)
  })

  test('block ids are new in every revision, and the first one knows the key', () => {
    const message = { text: 't', sections: [{ kind: 'text', text: 'a' } as const], key: 'rollout-12.event-3' }
    const [first] = blocks(message, 'r1')
    const [second] = blocks(message, 'r2')
    expect(first?.block_id).not.toBe(second?.block_id)
    expect([keyOf(first?.block_id), keyOf(second?.block_id)]).toEqual(['rollout-12.event-3', 'rollout-12.event-3'])
    expect(keyOf(lay({ kind: 'text', text: 'a' })[0]?.block_id)).toBeNull()
    expect(keyOf(undefined)).toBeNull()
  })

  test('any message is under every limit of Slack', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.integer({ min: 0, max: 5000 }).map((size) => '🎉&amp;'.repeat(size)),
    )
    const section = fc.oneof(
      text.map((value): Section => ({ kind: 'text', text: value })),
      text.map((value): Section => ({ kind: 'header', text: value })),
      text.map((value): Section => ({ kind: 'context', text: value })),
      fc.array(text, { maxLength: 12 }).map((values): Section => ({
        kind: 'fields',
        fields: values.map((value) => ({ name: 'n', value })),
      })),
    )
    fc.assert(
      fc.property(fc.array(section, { maxLength: 60 }), (sections) => {
        const shown = lay(...sections)
        expect(shown.length).toBeLessThanOrEqual(50)
        let total = 0
        for (const text of textsOf(shown)) {
          expect(points(text.text)).toBeLessThanOrEqual(text.limit)
          total += points(text.text)
        }
        expect(total).toBeLessThanOrEqual(13_000)
      }),
      { numRuns: 40 },
    )
  })
})

function textsOf(shown: ReturnType<typeof blocks>): { readonly text: string; readonly limit: number }[] {
  return shown.flatMap((block) => {
    if (block.type === 'header') return [{ text: block.text.text, limit: 150 }]
    if (block.type === 'context')
      return block.elements.map((each) => ({ text: 'text' in each ? each.text : '', limit: 3000 }))
    if (block.type !== 'section') return []
    const fields = (block.fields ?? []).map((field) => ({ text: field.text, limit: 2000 }))
    return block.text === undefined ? fields : [{ text: block.text.text, limit: 3000 }, ...fields]
  })
}
