import { describe, expect, test } from 'vitest'
import { globMatches } from '../../demo/fleet/units/glob.ts'
import { parseExecLine } from '../../demo/fleet/units/exec-line.ts'
import { refuseRequirements, requirementsOf } from '../../demo/fleet/units/requirements.ts'
import { parseSpan } from '../../demo/fleet/units/seconds.ts'
import { serviceConfigOf } from '../../demo/fleet/units/service-config.ts'
import { hashUnitFile, parseUnitFile, serializeUnitFile } from '../../demo/fleet/units/unit-file.ts'

const context = { specifiers: { i: '1', n: 'api@1.service', p: 'api' }, env: { TIER: 'prod', ARGS: '-a -b' } }

describe('a unit file is read as fleet reads it', () => {
  test('comments and blank lines go, spacing is made even, a continued line stays continued', () => {
    const text = '# a\n; b\n\n[Unit]\nDescription = spaced out   \n\n[Service]\nExecStart=/bin/a \\\n  b\n'
    expect(serializeUnitFile(parseUnitFile(text))).toBe(
      '[Unit]\nDescription=spaced out\n\n[Service]\nExecStart=/bin/a \\\n  b\n',
    )
  })

  test('its hash is the one that the real fleetctl shows for the same content', () => {
    const text = "[Unit]\nDescription=one\n\n[Service]\nExecStart=/bin/sh -c 'while :; do sleep 1; done'\n"
    expect(hashUnitFile(parseUnitFile(text))).toBe('0c2c14337c17e349ea4cb70bbc5b5310cb54556f')
  })

  test.each([
    ['[Service]\nExecStart\n', 'unexpected newline encountered while parsing option name'],
    [`[Service]\nExecStart=/bin/echo ${'x'.repeat(3000)}\n`, 'line too long (max 2048 bytes)'],
    ['[Service', 'unable to find end of section'],
  ])('what fleet refuses is refused in its words: %j', (text, message) => {
    expect(() => parseUnitFile(text)).toThrow(message)
  })
})

describe('a command line is split as systemd splits it', () => {
  test.each([
    [`/bin/sh -c 'echo "a b" %i'`, ['/bin/sh', '-c', 'echo "a b" 1']],
    ['/bin/x ${TIER}/y $ARGS $TIER', ['/bin/x', 'prod/y', '-a', '-b', 'prod']],
    ['/bin/x $$HOME 100%% a\\x20b', ['/bin/x', '$HOME', '100%', 'a\\x20b']],
    [`/bin/sh -c 'trap "" TERM; sleep 1 & wait $!'`, ['/bin/sh', '-c', 'trap "" TERM; sleep 1 & wait $!']],
    ['/bin/x a \\\n  b', ['/bin/x', 'a', 'b']],
  ])('%s', (line, argv) => {
    expect(parseExecLine(line, context)).toEqual([{ argv, mayFail: false }])
  })

  test('a leading dash allows failure, a lone semicolon begins another command', () => {
    expect(parseExecLine('-/bin/a b ; /bin/c', context)).toEqual([
      { argv: ['/bin/a', 'b'], mayFail: true },
      { argv: ['/bin/c'], mayFail: false },
    ])
  })
})

describe('what a unit asks for', () => {
  test('an empty assignment clears the list before it', () => {
    const config = serviceConfigOf(
      parseUnitFile('[Service]\nExecStart=/bin/a\nExecStart=\nExecStart=/bin/b\n'),
      'x.service',
    )
    expect(config.execStart).toEqual(['/bin/b'])
  })

  test('quoted metadata are several values, of one key any will do', () => {
    const text = '[X-Fleet]\nMachineMetadata="host=f1" "host=f3"\nMachineMetadata=tier=lab\n'
    const { metadata } = requirementsOf('a.service', parseUnitFile(text))
    expect(metadata).toEqual(
      new Map([
        ['host', new Set(['f1', 'f3'])],
        ['tier', new Set(['lab'])],
      ]),
    )
  })

  test('a machine id with conflicts is refused', () => {
    const wanted = requirementsOf('a.service', parseUnitFile('[X-Fleet]\nMachineID=abc\nConflicts=x*\n'))
    expect(refuseRequirements(wanted)).toBe('MachineID cannot be used with Conflicts')
  })

  test.each([
    ['api@*.service', 'api@12.service', true],
    ['api@*.service', 'api.service', false],
    ['api@?.service', 'api@12.service', false],
    ['[a-c]pi*', 'api@1.service', true],
  ])('the glob %s on %s', (pattern, name, matches) => {
    expect(globMatches(pattern, name)).toBe(matches)
  })

  test.each([
    ['8', 8000],
    ['1min 30s', 90_000],
    ['100ms', 100],
    ['infinity', Number.POSITIVE_INFINITY],
    ['soon', null],
  ])('the time span %s', (text, ms) => {
    expect(parseSpan(text)).toBe(ms)
  })
})
