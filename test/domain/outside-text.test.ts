import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { code, link, visible, words } from '../../src/domain/outside-text.ts'

describe('words from outside', () => {
  it.each([
    ['<!subteam^S0ONCALL>', '&lt;!subteam^S0ONCALL&gt;'],
    ['<@U0ANN> & <http://x|y>', '&lt;@U0ANN&gt; &amp; &lt;<http://x|http://x>|y&gt;'],
    ['two\nlines\r\n and\ttabs', 'two lines and tabs'],
    ['api\u202Exe.gpj', 'apixe.gpj'],
    ['2.7\u200B.0\u2066\u2069', '2.7.0'],
    ['\uFEFFa\u00ADb\u034Fc\u3164d\u{E0041}', 'abcd'],
    ['a\u0000b\u001B[31m', 'a b [31m'],
  ])('%j are %j', (text, shown) => {
    expect(words(text)).toBe(shown)
  })
})

describe('a URL in words', () => {
  it.each([
    ['see http://a.b/c; then', 'see <http://a.b/c|http://a.b/c>; then'],
    ['see http://a.b/c.', 'see <http://a.b/c|http://a.b/c>.'],
    ['*http://a.b/c*', '*<http://a.b/c|http://a.b/c>*'],
    ['(http://a.b/c)', '(<http://a.b/c|http://a.b/c>)'],
    ['http://a.b/c_(d)', '<http://a.b/c_(d)|http://a.b/c_(d)>'],
    ['http://a.b/c?x=1&y=2, and', '<http://a.b/c?x=1&amp;y=2|http://a.b/c?x=1&amp;y=2>, and'],
    ['"https://a.b"', '"<https://a.b|https://a.b>"'],
    ['http://10.0.0.1:8080/health: HTTP 503', '<http://10.0.0.1:8080/health|http://10.0.0.1:8080/health>: HTTP 503'],
    ['http://a http://b', '<http://a|http://a> <http://b|http://b>'],
    ['<http://a>', '&lt;<http://a|http://a>&gt;'],
    ['`curl http://a` http://b', '`curl http://a` <http://b|http://b>'],
    ['a ` http://b', 'a ` <http://b|http://b>'],
    ['http://', 'http://'],
    ['ftp://a.b javascript:x', 'ftp://a.b javascript:x'],
  ])('%j is a link that ends where it ends', (text, shown) => {
    expect(words(text)).toBe(shown)
  })

  it('is plain in monospace', () => {
    expect(code('curl http://a.b; `x` <y>')).toBe("`curl http://a.b; 'x' &lt;y&gt;`")
  })

  it('of another kind is no link', () => {
    expect(link('https://a.b/c', 'a|b <c>')).toBe('<https://a.b/c|a¦b &lt;c&gt;>')
    expect(link('javascript:alert(1)', 'click')).toBe('click')
    expect(link('https://a b', 'click')).toBe('click')
  })
})

describe('any text', () => {
  const piece = fc.constantFrom(
    'http://',
    'https://a.b',
    '<',
    '>',
    '|',
    '&',
    '`',
    ' ',
    '@U0ANN',
    '!channel',
    ')',
    '(',
    '.',
    '\u202E',
    'é',
  )
  it('has no markup but links of its own, and no invisible character', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (parts) => {
        const shown = words(parts.join(''))
        expect(shown.replace(/<https?:[^<>|\s]+\|[^<>|]+>/g, '')).not.toMatch(/[<>]/)
        expect(visible(shown)).toBe(shown)
      }),
    )
  })

  it('takes linear time', () => {
    const timed = (text: string): number => {
      const before = performance.now()
      words(text)
      return performance.now() - before
    }
    for (const one of ['http://', 'http://a', '`', 'http://a(', ')', 'http://a)', '<', '.', 'http://a.', '\u200B']) {
      const quick = Math.max(20, Math.min(...[0, 1, 2].map(() => timed(one.repeat(2_000)))))
      expect(Math.min(...[0, 1, 2].map(() => timed(one.repeat(40_000))))).toBeLessThan(quick * 200)
    }
  })
})
