import { describe, expect, it } from 'vitest'
import { maskTyped } from '../../src/command/mask-typed.ts'
import { tokenize } from '../../src/command/tokenize.ts'
import { createRedact, masked } from '../../src/config/redact.ts'
import { textOf, world } from '../commands/fakes.ts'

// Put together here, so that no scanner takes this file for a leak.
const botToken = ['xoxb', '123456789012', 'abcdefABCDEF'].join('-')
const redact = createRedact([botToken])
const key = `-----BEGIN PRIVATE KEY-----\n${'a1B2'.repeat(16)}\n-----END PRIVATE KEY-----`

describe('A secret in a typed command', () => {
  it.each([
    ['as a reason', `deploy api production --reason "db password=hunter22x"`],
    ['as why', `lock api production the password is hunter22x`],
    ['in single quotes', `pin api production v2 'DB_PASSWORD=hunter22x'`],
    ['in an address', `stop production "see postgres://u:hunter22x@db/x"`],
    ['as a token of the bot', `pause 12 --reason "${botToken}"`],
    ['split by a zero-width space', `abort 12 --reason "DB_PASS\u200BWORD=hunter22x"`],
    ['as a private key in quotes', `lock api production "${key}"`],
  ])('is masked %s, and the command can still be read', (_where, text) => {
    const safe = maskTyped(text, redact)
    expect(safe.masked).toBe(true)
    expect(safe.text).not.toMatch(/hunter22x|abcdefABCDEF|a1B2/)
    expect(safe.text).toContain(masked)
    expect(tokenize(safe.text).kind).toBe('words')
  })

  it.each([
    'deploy api production --reason "fix the login"',
    'get /app/token',
    'status',
    'lock api production "never closed',
  ])('is not seen in %j', (text) => {
    expect(maskTyped(text, redact)).toEqual({ text, masked: false })
  })

  it('reaches no lock, and the person is told to replace it', async () => {
    const { say, did } = await world()
    const reply = await say('lock api staging "the password is correct horse battery"')
    expect(textOf(reply)).toContain('replace the secret at its source')
    expect(JSON.stringify([reply, did])).not.toContain('correct horse battery')
    expect(JSON.stringify(did)).toContain(masked)
  })

  it('is not repeated by the answer to a wrong command', async () => {
    const { say, logged } = await world()
    const reply = await say('deploi api "DB_PASSWORD=hunter22x"')
    expect(JSON.stringify([reply, logged])).not.toContain('hunter22x')
  })
})
