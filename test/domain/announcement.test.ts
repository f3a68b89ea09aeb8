import { describe, expect, it } from 'vitest'
import { addressText, canonicalIp, isAt, isOf, parseAnnouncement } from '../../src/domain/announcement.ts'

const read = (value: string) => parseAnnouncement('api/f1:api-1:8080', value)

describe('An announced address', () => {
  it.for([
    ['10.0.0.11:8080', '10.0.0.11', 8080],
    [' 10.0.0.11:8080\n', '10.0.0.11', 8080],
    ['[2001:db8::1]:8080', '2001:db8::1', 8080],
    ['[2001:DB8:0:0::0001]:8080', '2001:db8::1', 8080],
    ['[fe80::1%eth0]:8080', 'fe80::1', 8080],
    ['[::ffff:10.0.0.11]:8080', '10.0.0.11', 8080],
    ['2001:db8:0:0:0:0:0:1:8080', '2001:db8::1', 8080],
    ['[::1]:1', '::1', 1],
    ['10.0.0.11:65535', '10.0.0.11', 65_535],
  ] as const)('%j is read', ([value, ip, port]) => {
    expect(read(value)).toMatchObject({ ip, port })
  })

  it.for([
    '',
    'nonsense',
    '10.0.0.11',
    '10.0.0.11:0',
    '10.0.0.11:65536',
    '10.0.0.256:80',
    '10.0.0.11:80:90',
    ':8080',
    '[2001:db8::1]',
    '[2001:db8::1]8080',
    '[nonsense]:80',
    '2001:db8::',
    '010.0.0.1:80',
    '10.0.0.11:8o80',
    '10.0.0.11:-1',
  ])('%j is none', (value) => expect(read(value)).toBeNull())

  it('is compared and shown in one form', () => {
    const one = read('[2001:DB8::1]:8080')
    expect(one && [isAt(one, '2001:db8:0::1'), isAt(one, '2001:db8::2'), isAt(one, null), addressText(one)]).toEqual([
      true,
      false,
      false,
      '[2001:db8::1]:8080',
    ])
    expect(canonicalIp('bar')).toBeNull()
  })
})

describe('The key of an announcement', () => {
  it.for([
    ['api/f1:api-1:8080', { service: 'api', protocol: 'tcp', container: 'api-1', containerPort: 8080 }],
    ['api-8125/f1:api-1:8125:udp', { service: 'api-8125', protocol: 'udp', container: 'api-1', containerPort: 8125 }],
    ['api/own-id', { service: 'api', id: 'own-id', protocol: 'tcp', container: null, containerPort: null }],
    ['api/own-id:udp', { service: 'api', id: 'own-id:udp', protocol: 'udp', containerPort: null }],
  ] as const)('%s names %j', ([key, expected]) => {
    expect(parseAnnouncement(key, '10.0.0.11:32001')).toMatchObject(expected)
  })

  it.for(['api', '/f1:api-1:8080', 'api/'])('%j is none', (key) => {
    expect(parseAnnouncement(key, '10.0.0.11:32001')).toBeNull()
  })

  it.for([
    ['api/f1:api-1:8080', true],
    ['api-8080/f1:api-1:8080', true],
    ['api-9090/f1:api-1:8080', false],
    ['api-web/f1:api-web-1:8080', false],
    ['vape/f1:api-1:8080', false],
  ] as const)('%s belongs to api: %s', ([key, expected]) => {
    const one = parseAnnouncement(key, '10.0.0.11:32001')
    expect(one && isOf(one, 'api')).toBe(expected)
  })
})
