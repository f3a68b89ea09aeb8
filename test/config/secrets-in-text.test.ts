import { describe, expect, it } from 'vitest'
import { createRedact, masked } from '../../src/config/redact.ts'
import { harmless } from './corpus/harmless.ts'
import { leaks } from './corpus/secrets.ts'

const redact = createRedact([])

describe('The search for secrets', () => {
  it('misses no secret of the corpus', () => {
    const missed = leaks.filter(({ text, secret }) => redact(text).includes(secret) || !redact(text).includes(masked))
    expect(missed.map(({ what, text }) => `${what}: ${redact(text)}`)).toEqual([])
    expect(leaks.length).toBeGreaterThan(200)
  })

  it('masks no harmless line of the corpus', () => {
    expect(harmless.filter((line) => redact(line) !== line).map((line) => `${line} → ${redact(line)}`)).toEqual([])
    expect(harmless.length).toBeGreaterThan(150)
  })

  it('gives the same text when it runs again', () => {
    const changed = leaks.filter(({ text }) => redact(redact(text)) !== redact(text))
    expect(changed.map(({ what, text }) => `${what}: ${redact(text)} → ${redact(redact(text))}`)).toEqual([])
  })

  it('takes time linear in the length of the text', () => {
    const pieces = [
      '<!channel|',
      '-eyJ',
      'eyJ',
      'eyJ-',
      'eyJa.',
      'a',
      'a.',
      'A',
      '://',
      'a://b:',
      'a://',
      'a:b@',
      'auth',
      'password=',
      'password: ',
      'password="',
      'password=\\"',
      '\\',
      '-----BEGIN ',
      '-----BEGIN PRIVATE KEY-----',
      '-----END PRIVATE KEY-----',
      'MIIEvQIBADAN',
      'Bearer ',
      'Basic ',
      'token ',
      ' ',
      '\n',
      'cookie: ',
      '-u ',
      '-u a:',
      '--password ',
      '<password>',
      '<',
      'name:',
      'name: A_TOKEN, value: ',
      'login a password ',
      "password '",
      'is ',
      'token is ',
      'mysql ',
      'mysql -p',
      'ENV ',
      'key=',
      'api key: ',
      'x=|\n ',
      'password: |\n ',
      'SK',
      '1:AA',
      'M',
      'xoxb-',
      'AKIA',
      'ghp_',
      '0',
      'f',
      'sk-',
      'ya29.',
      'hooks.slack.com/services/',
      'aA',
      '${',
      '{{',
      '[',
      '/',
      '@',
      ':',
      '=',
      ',',
      ',a',
      '"',
      "'",
      '`',
    ]
    const slow = pieces.flatMap((piece) => {
      const short = timeOf(piece, 10_000)
      const long = timeOf(piece, 80_000)
      // Eight times the length: linear time takes eight times as long, quadratic time 64 times.
      return long > 100 && long > 30 * Math.max(short, 2)
        ? [`${JSON.stringify(piece)}: ${short} ms, then ${long} ms`]
        : []
    })
    expect(slow).toEqual([])
  }, 120_000)
})

/** Processor time in milliseconds, the shorter of two: other work on the machine counts little. */
function timeOf(piece: string, length: number): number {
  const text = piece.repeat(Math.ceil(length / piece.length))
  const times = [1, 2].map(() => {
    const began = process.cpuUsage()
    redact(text)
    const { user, system } = process.cpuUsage(began)
    return (user + system) / 1000
  })
  return Math.min(...times)
}
