import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as field from '../../src/command/fields.ts'
import { releaseReference } from '../../src/command/release-reference.ts'
import { parseArguments, type Positionals } from '../../src/command/parse.ts'
import type { Flags } from '../../src/command/read-flags.ts'
import { tokenize } from '../../src/command/tokenize.ts'
import { catalog } from '../commands/fakes.ts'
import { counterexample, same } from './counterexample.ts'

const known = { catalog, commands: ['deploy', 'lock'] }

function read(spec: { positionals: Positionals; flags: Flags }, text: string): unknown {
  const tokens = tokenize(text)
  if (tokens.kind === 'wrong') return tokens.message
  const parsed = parseArguments(spec, tokens.words, known)
  return parsed.kind === 'args' ? parsed.args : parsed.message
}

const roll = {
  positionals: { services: field.services(), tier: field.tier() },
  flags: {
    batch: field.flag(field.amount(), { help: '' }),
    n: field.flag(field.count(1, 50), { help: '', short: 'n' }),
    reason: field.flag(field.text(), { help: '' }),
    dryRun: field.toggle({ help: '' }),
    for: field.flag(field.duration(60_000, 86_400_000), { help: '' }),
  },
}
const bare = { batch: null, n: null, reason: null, dryRun: false, for: null }

describe('services and tiers', () => {
  it.each([
    ['api production', ['api'], 'production'],
    ['production api', ['api'], 'production'],
    ['BARTNET Prod', ['api'], 'production'],
    ['api,vape stg', ['api', 'vape'], 'staging'],
    ['api, vape stg', ['api', 'vape'], 'staging'],
    ['stg api , vape ,', ['api', 'vape'], 'staging'],
    ['api,bartnet stg', ['api'], 'staging'],
    ['"api" "staging"', ['api'], 'staging'],
    ['api, staging', ['api'], 'staging'],
    ['api,staging', ['api'], 'staging'],
    ['api ,staging', ['api'], 'staging'],
    ['api , staging', ['api'], 'staging'],
    ['staging, api', ['api'], 'staging'],
    ['staging,api', ['api'], 'staging'],
    ['api, vape, staging', ['api', 'vape'], 'staging'],
    ['api,vape,stg', ['api', 'vape'], 'staging'],
    ['stg, api, vape', ['api', 'vape'], 'staging'],
    ['stg,api,vape', ['api', 'vape'], 'staging'],
    ['api production.', ['api'], 'production'],
    ['api, production!', ['api'], 'production'],
    ['production api?', ['api'], 'production'],
    ['`api`, `production`', ['api'], 'production'],
  ])('%j are found in any order and under any name', (text, services, tier) => {
    expect(read(roll, text)).toEqual({ ...bare, services, tier })
  })

  it.each([
    ['', 'Say which service: `api`, `vape` or `beavis`.'],
    ['api', 'Say which tier: `staging` or `production`.'],
    ['production', 'Say which service: `api`, `vape` or `beavis`.'],
    [
      'apii production',
      'There is no service called `apii`. Did you mean `api`? The services are `api`, `vape` and `beavis`.',
    ],
    [
      'production vaep',
      'There is no service called `vaep`. Did you mean `vape`? The services are `api`, `vape` and `beavis`.',
    ],
    [
      'api prodution',
      'There is no tier called `prodution`. Did you mean `production`? The tiers are `staging` and `production`.',
    ],
    [
      'prodution api',
      'There is no tier called `prodution`. Did you mean `production`? The tiers are `staging` and `production`.',
    ],
    ['api production now', '`now` is one word too many. Words that belong together go in quotes.'],
    [
      'api,apii production',
      'There is no service called `apii`. Did you mean `api`? The services are `api`, `vape` and `beavis`.',
    ],
  ])('%j is answered with what to type', (text, message) => {
    expect(read(roll, text)).toBe(message)
  })
})

describe('flags', () => {
  it.each([
    ['api prod -n 5', { n: 5 }],
    ['-n5 api prod', { n: 5 }],
    ['api --n=5 prod', { n: 5 }],
    ['api prod —reason “db migration” --dry-run', { reason: 'db migration', dryRun: true }],
    ['api prod --reason="--force is no way"', { reason: '--force is no way' }],
    ['api prod --reason "-5 degrees"', { reason: '-5 degrees' }],
    ['api prod --reason 0123', { reason: '0123' }],
    ['api prod --batch 25%', { batch: { kind: 'percent', percent: 25 } }],
    ['api prod --batch 2 --for 1h30m', { batch: { kind: 'count', count: 2 }, for: 5_400_000 }],
    ['--dry-run -- api prod', { dryRun: true }],
  ])('%j are read', (text, values) => {
    expect(read(roll, text)).toEqual({ ...bare, ...values, services: ['api'], tier: 'production' })
  })

  it.each([
    ['api prod --bacth 2', 'There is no flag `--bacth`. Did you mean `--batch`?'],
    ['api prod --zzz', 'There is no flag `--zzz`. The flags are `--batch`, `-n`, `--reason`, `--dry-run`, `--for`.'],
    ['api prod -x', 'There is no flag `-x`.'],
    ['api prod --batch', '`--batch` needs a value: `--batch N|P%`.'],
    ['api prod --reason --dry-run', '`--reason` needs a value, and `--dry-run` looks like a flag'],
    ['api prod --dry-run=yes', '`--dry-run` takes no value'],
    ['api prod -n 5 -n 6', '`-n` is given twice.'],
    ['api prod --batch 0', '`--batch`: `0` is no amount'],
    ['api prod --batch 101%', '`--batch`: `101%` is no amount'],
    ['api prod -n 051x', '`-n`: `051x` will not do: write a whole number from 1 to 50.'],
    ['api prod --for 900d', '`--for`: `900d` is out of range: write between'],
    ['api prod --for soon', '`--for`: `soon` is no duration that can be used'],
    ['api prod --for 2d', 'between 1m and 1d'],
    ['api prod --reason ""', '`--reason`: There is nothing between the quotes.'],
    ['api prod --__proto__ x', 'There is no flag `--__proto__`.'],
    ['api prod --constructor', 'There is no flag `--constructor`.'],
  ])('%j is answered with what to type', (text, message) => {
    expect(read(roll, text)).toContain(message)
  })
})

describe('a service and two tiers', () => {
  const spec = {
    positionals: { service: field.service(), from: field.tier(), to: field.optional(field.tier()) },
    flags: {},
  }
  it.each([
    'api staging production',
    'staging production api',
    'staging api production',
    'api, staging, production',
    'api staging,production',
    'staging, production, api.',
  ])('are found in any order: %j', (text) => {
    expect(read(spec, text)).toEqual({ service: 'api', from: 'staging', to: 'production' })
  })

  it.each(['api staging', 'staging api', 'staging, api'])('or only one of the tiers: %j', (text) => {
    expect(read(spec, text)).toEqual({ service: 'api', from: 'staging', to: null })
  })

  it.each([
    ['staging production', 'Say which service: `api`, `vape` or `beavis`.'],
    ['staging prodution api', 'There is no tier called `prodution`. Did you mean `production`?'],
    ['apii staging production', 'There is no service called `apii`. Did you mean `api`?'],
    ['staging production apii', 'There is no service called `apii`. Did you mean `api`?'],
  ])('%j is answered with what is wrong', (text, message) => {
    expect(read(spec, text)).toContain(message)
  })
})

describe('a full stop behind a value', () => {
  const one = (positional: field.Field<unknown>) => ({ positionals: { it: positional }, flags: {} })
  it.each([
    [field.rolloutId(), '12.', 12],
    [field.rolloutId(), '#12!', 12],
    [field.count(1, 50), '5,', 5],
    [field.commandName(), 'lock?', 'lock'],
    [releaseReference(), 'v2.7.0.', 'v2.7.0'],
    [field.text(), 'why not?', 'not?'],
  ] as const)('%# belongs to the sentence, but stays in free text', (positional, text, value) => {
    expect(read(one(positional), text.split(' ').at(-1) ?? '')).toEqual({ it: value })
  })
})

describe('a tier with an optional service and words behind', () => {
  const lock = {
    positionals: { service: field.optional(field.service()), tier: field.tier(), why: field.rest({ word: 'why' }) },
    flags: {},
  }
  it.each([
    ['production db migration', { service: null, tier: 'production', why: 'db migration' }],
    ['production "db migration"', { service: null, tier: 'production', why: 'db migration' }],
    ['api production db migration', { service: 'api', tier: 'production', why: 'db migration' }],
    ['production api "is broken"', { service: 'api', tier: 'production', why: 'is broken' }],
    ['production "api is broken"', { service: null, tier: 'production', why: 'api is broken' }],
    ['api staging the -- thing', { service: 'api', tier: 'staging', why: 'the -- thing' }],
    ['api staging -- the thing', { service: 'api', tier: 'staging', why: '-- the thing' }],
    ['staging db --- down', { service: null, tier: 'staging', why: 'db --- down' }],
    ['api, staging, the api, staging thing', { service: 'api', tier: 'staging', why: 'the api, staging thing' }],
    ['api staging the `foo` *thing*!', { service: 'api', tier: 'staging', why: 'the `foo` *thing*!' }],
    ['`api` staging "the `foo` thing"', { service: 'api', tier: 'staging', why: 'the `foo` thing' }],
  ])('%j is read', (text, args) => {
    expect(read(lock, text)).toEqual(args)
  })

  it('is asked about when it can be read in two ways, for a lock on the wrong thing is worse than a question', () => {
    expect(read(lock, 'production api is broken')).toBe(
      'That can be read in two ways: write `api production "is broken"` or `production "api is broken"`.',
    )
  })

  it.each([
    ['production apii "is broken"', 'There is no service called `apii`. Did you mean `api`?'],
    ['apii production why', 'There is no service called `apii`.'],
    ['api why', 'There is no tier called `why`.'],
    ['prodution why', '`prodution` is neither a service nor a tier. Did you mean `production`?'],
    ['production', '`&lt;why&gt;` is missing.'],
    ['production api', '`&lt;why&gt;` is missing.'],
  ])('%j is answered with what is wrong', (text, message) => {
    expect(read(lock, text)).toContain(message)
  })
})

describe('other kinds of words', () => {
  const one = (positional: field.Field<unknown>) => ({ positionals: { it: positional }, flags: {} })
  it.each([
    [field.rolloutId(), '#12', 12],
    [field.rolloutId(), '12', 12],
    [field.etcdKey(), '/opsee.co/services/', '/opsee.co/services/'],
    [field.commandName(), 'LOCK', 'lock'],
  ] as const)('%# is read', (positional, text, value) => {
    expect(read(one(positional), text)).toEqual({ it: value })
  })
  it.each([
    [field.rolloutId(), 'twelve', '`twelve` is no rollout: write its number, such as 12.'],
    [field.rolloutId(), '0', '`0` is no rollout'],
    [field.rolloutId(), '9007199254740993', 'is no rollout'],
    [field.etcdKey(), 'opsee.co', '`opsee.co` is no key: keys begin with a slash'],
    [field.commandName(), 'lokc', 'There is no command called `lokc`. Did you mean `lock`?'],
    [field.service(), '`<!channel>`', "There is no service called `'&lt;!channel&gt;'`."],
  ] as const)('%# is refused', (positional, text, message) => {
    const parsed = parseArguments(one(positional), [{ text, typed: text, quoted: false, mention: null }], known)
    expect(parsed).toMatchObject({ kind: 'mistyped', message: expect.stringContaining(message) })
  })
})

describe('for any line', () => {
  const part = fc.oneof(
    fc.constantFrom(
      'api',
      'vape,',
      ',',
      'production',
      '--batch',
      '--n',
      '-n5',
      '--',
      '-',
      '--reason="x',
      '—force',
      '\u0000',
      '',
    ),
    fc.string({ maxLength: 12, unit: 'binary' }),
  )
  const names = ['batch', 'dryRun', 'for', 'n', 'reason', 'services', 'tier']

  it('answers with arguments or with a sentence, and never throws', () => {
    const total = fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const tokens = tokenize(parts.join(' '))
      if (tokens.kind === 'wrong') return true
      const parsed = parseArguments(roll, tokens.words, known)
      return parsed.kind === 'mistyped' ? parsed.message.length > 5 : same(Object.keys(parsed.args).sort(), names)
    })
    expect(counterexample(total)).toBeNull()
  })

  it('keeps a quoted reason as it was typed, wherever its flag stands', () => {
    const reason = fc.string({ minLength: 1, maxLength: 40, unit: fc.constantFrom(...'ab-–"\\=,é'.split('')) })
    const kept = fc.property(reason, fc.boolean(), fc.boolean(), (text, inline, first) => {
      const flag = `--reason${inline ? '=' : ' '}"${text.replace(/["\\]/g, String.raw`\$&`)}"`
      const args = read(roll, first ? `${flag} api prod` : `api prod ${flag}`)
      return same(args, { ...bare, reason: text, services: ['api'], tier: 'production' })
    })
    expect(counterexample(kept)).toBeNull()
  })
})
