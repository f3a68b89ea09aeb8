import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { longestCommand, quoteWord, readCommand, tokenize, withoutAddress } from '../../src/command/tokenize.ts'
import { counterexample, same } from './counterexample.ts'

const words = (text: string): readonly string[] => {
  const tokens = tokenize(text)
  if (tokens.kind === 'wrong') throw new Error(`${tokens.message} ${tokens.where}`)
  return tokens.words.map((word) => word.text)
}

describe('what people and phones type', () => {
  it.each([
    ['deploy api production', ['deploy', 'api', 'production']],
    ['  deploy\u00A0api\u2003production\t', ['deploy', 'api', 'production']],
    ['de\u200Bploy \uFEFFapi\u00AD', ['deploy', 'api']],
    ['deploy\napi', ['deploy', 'api']],
    ['--reason "db migration" x', ['--reason', 'db migration', 'x']],
    ['--reason=“db migration”', ['--reason=db migration']],
    ['—reason „db migration“', ['--reason', 'db migration']],
    ['–n 5', ['-n', '5']],
    ['–n5', ['-n5']],
    ['—dry-run', ['--dry-run']],
    ['dry\u2011run', ['dry-run']],
    ['-—force', ['--force']],
    ['lock prod — why', ['lock', 'prod', '—', 'why']],
    ['don’t touch', ["don't", 'touch']],
    ["'it's broken' now", ["it's broken", 'now']],
    [String.raw`"say \"hi\" \\ there"`, [String.raw`say "hi" \ there`]],
    ['""', ['']],
    ['5"', ['5"']],
    ['0123', ['0123']],
    ['', []],
  ])('%j is read', (text, expected) => {
    expect(words(text)).toEqual(expected)
  })
})

describe('what Slack makes of it', () => {
  it.each([
    ['<http://api.com|api.com>', ['api.com']],
    ['<https://a.b/c?x=1&amp;y=2>', ['https://a.b/c?x=1&y=2']],
    ['<mailto:a@b.c|a@b.c>', ['a@b.c']],
    ['<mailto:a@b.c>', ['a@b.c']],
    ['<#C012AB|deploys>', ['#deploys']],
    ['<#C012AB|>', ['#C012AB']],
    ['<!here>', ['@here']],
    ['<!subteam^S012|@oncall>', ['@oncall']],
    ['a &amp;&amp; b &lt;c&gt;', ['a', '&&', 'b', '<c>']],
    ['&lt;@U012ABC&gt;', ['<@U012ABC>']],
    ['&amp;lt;', ['&lt;']],
    ['"see <http://x.y|x.y> first"', ['see x.y first']],
    ['a < b', ['a', '<', 'b']],
  ])('%j is undone', (text, expected) => {
    expect(words(text)).toEqual(expected)
  })

  it('keeps who was mentioned, with and without a name', () => {
    const tokens = tokenize('<@U012ABC|ann> <@U0BOB> x<@U0BOB>')
    expect(tokens).toMatchObject({
      words: [
        { text: '@ann', mention: 'U012ABC' },
        { text: '@U0BOB', mention: 'U0BOB' },
        { text: 'x@U0BOB', mention: null },
      ],
    })
  })

  it.each([
    '/opsee deploy api',
    '<@U0BOT> deploy api',
    '<@U0BOT>: deploy api',
    '@opsee, deploy api',
    'opsee deploy api',
  ])('drops the address of %j', (text) => {
    const tokens = tokenize(text)
    expect(tokens.kind === 'words' && withoutAddress(tokens.words).map((word) => word.text)).toEqual(['deploy', 'api'])
  })
})

const command = (text: string): readonly string[] => {
  const tokens = readCommand(text)
  if (tokens.kind === 'wrong') throw new Error(`${tokens.message} ${tokens.where}`)
  return tokens.words.map((word) => word.text)
}

describe('a command that is pasted with marks or quotes around it', () => {
  it.each([
    ['`deploy api production --dry-run`', ['deploy', 'api', 'production', '--dry-run']],
    ['```deploy api production```', ['deploy', 'api', 'production']],
    ['```\ndeploy api production\n```', ['deploy', 'api', 'production']],
    ['``` deploy api production', ['deploy', 'api', 'production']],
    ['`/opsee deploy api production`', ['deploy', 'api', 'production']],
    ['@opsee `deploy api production`', ['deploy', 'api', 'production']],
    ['<@U0BOT> `lock api production db down`', ['lock', 'api', 'production', 'db', 'down']],
    ['/opsee *deploy api production*', ['deploy', 'api', 'production']],
    ['*deploy api production*', ['deploy', 'api', 'production']],
    ['_*deploy api production*_', ['deploy', 'api', 'production']],
    ['~deploy api production~', ['deploy', 'api', 'production']],
    ['`deploy api production`.', ['deploy', 'api', 'production']],
    ['deploy `api` `production`', ['deploy', 'api', 'production']],
    ['`deploy` `api` production', ['deploy', 'api', 'production']],
    ['status `api`', ['status', 'api']],
    ['status `api production`', ['status', 'api', 'production']],
    ['deploy *api* _production_', ['deploy', 'api', 'production']],
    ['deploy *api production*', ['deploy', 'api', 'production']],
    ['deploy `api`, `vape` staging', ['deploy', 'api,', 'vape', 'staging']],
    ['`deploy` api production `—dry-run`', ['deploy', 'api', 'production', '--dry-run']],
    ['deploy api production `--reason "new billing"`', ['deploy', 'api', 'production', '--reason', 'new billing']],
    ['`deploy api production --reason "new billing"`', ['deploy', 'api', 'production', '--reason', 'new billing']],
    ['`deploy api production --reason="new billing"`', ['deploy', 'api', 'production', '--reason=new billing']],
    ['<@U0BOT> : `deploy api production`', ['deploy', 'api', 'production']],
    ['“deploy api production”', ['deploy', 'api', 'production']],
    ["'deploy api production'", ['deploy', 'api', 'production']],
    ['@opsee "deploy api production"', ['deploy', 'api', 'production']],
    ['“deploy api production” --dry-run', ['deploy', 'api', 'production', '--dry-run']],
    ['“lock production “db down””', ['lock', 'production', 'db down']],
    ['`status <http://api.prod|api.prod>`', ['status', 'api.prod']],
    ['`deploy\u00A0api\u00A0production`', ['deploy', 'api', 'production']],
  ])('%j is read without them', (text, expected) => {
    expect(command(text)).toEqual(expected)
  })

  it.each([
    ['lock api production "the `foo` thing"', 'the `foo` thing'],
    ['`lock api production "the `foo` thing"`', 'the `foo` thing'],
    ['lock api production "`foo`"', '`foo`'],
    ['lock api production "*all* of _it_"', '*all* of _it_'],
  ])('keeps the marks of a quoted reason: %j', (text, reason) => {
    expect(command(text)).toEqual(['lock', 'api', 'production', reason])
  })

  it('keeps what only looks like a mark', () => {
    expect(command('deploy api production _v2')).toEqual(['deploy', 'api', 'production', '_v2'])
    expect(command('ls /opsee.co/* a_b ~x * 2')).toEqual(['ls', '/opsee.co/*', 'a_b', '~x', '*', '2'])
  })

  it('remembers what was typed for free text', () => {
    const tokens = readCommand('lock api production the `foo` *thing*')
    expect(tokens.kind === 'words' && tokens.words.slice(3).map((word) => word.typed)).toEqual([
      'the',
      '`foo`',
      '*thing*',
    ])
  })
})

describe('what cannot be read', () => {
  it('shows where a quote opens that is never closed', () => {
    expect(tokenize('lock prod “db migration --for 2h')).toEqual({
      kind: 'wrong',
      message: 'A quote opens here and is never closed:',
      where: '"db migration --for 2h',
    })
  })

  it('refuses what is longer than a command can be', () => {
    expect(tokenize('x'.repeat(longestCommand + 1)).kind).toBe('wrong')
    expect(tokenize('x'.repeat(longestCommand)).kind).toBe('words')
  })
})

const from = (characters: string) => fc.constantFrom(...characters.split(''))
const plainText = fc.string({ maxLength: 60, unit: from('abz09 "\'\\-=,.:@/#%_é漢') })

describe('for any text', () => {
  it('never throws, and no word has a space, a control character or an invisible one outside quotes', () => {
    const clean = fc.property(fc.string({ maxLength: 200, unit: 'binary' }), (text) => {
      const tokens = tokenize(text)
      if (tokens.kind === 'wrong') return true
      return tokens.words.every(
        (word) =>
          !/[\p{Cc}\u200B\u00A0]/u.test(word.text) &&
          (word.quoted || word.text.includes('=') || !word.text.includes(' ')),
      )
    })
    expect(counterexample(clean)).toBeNull()
  })

  it('gives back every word that was quoted for typing', () => {
    const round = fc.property(fc.array(plainText, { maxLength: 6 }), (list) =>
      same(words(list.map(quoteWord).join(' ')), list),
    )
    expect(counterexample(round)).toBeNull()
  })

  it('undoes the escapes of Slack, exactly once', () => {
    const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    const typed = fc.string({ maxLength: 40, unit: from('ab<>&;@#!|UC01ltgmp') })
    const undone = fc.property(typed, (text) => words(escaped(text)).join('') === text)
    expect(counterexample(undone)).toBeNull()
  })

  it('reads any kind of quotes and spaces as the plain ones', () => {
    const quote = fc.constantFrom('"', '“', '”', '„', '«')
    const gap = fc.constantFrom(' ', '\u00A0', '\u2009', '\t', ' \u200B ')
    const read = fc.property(quote, quote, gap, gap, (left, right, one, two) =>
      same(words(`lock${one}prod${two}${left}db migration${right}`), ['lock', 'prod', 'db migration']),
    )
    expect(counterexample(read)).toBeNull()
  })
})
