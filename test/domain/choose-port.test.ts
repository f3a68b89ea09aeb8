import { describe, expect, it } from 'vitest'
import { choosePort } from '../../src/domain/choose-port.ts'
import { announced } from '../support/announced.ts'

const wanted = { service: 'api', unit: 'api@1.service', ip: '10.0.0.11', containerPort: null }
/** Announcements by their key; each has a port of its own. */
const here = (...keys: string[]) =>
  announced(...keys.map((key, index) => [key, `10.0.0.11:${32_001 + index}`] as const)).list

const choose = (keys: readonly string[], containerPort: number | null = null) =>
  choosePort(here(...keys), { ...wanted, containerPort })

describe('The port of a health check', () => {
  it('is the one that is announced', () => {
    expect(choose(['api/f1:api-1:8080'])).toEqual({ kind: 'port', port: 32_001 })
    expect(choose(['api/own-id'])).toEqual({ kind: 'port', port: 32_001 })
    expect(choose([])).toEqual({ kind: 'not-announced' })
  })

  it('is never a UDP port, also where that sorts before the TCP port', () => {
    expect(choose(['api-53/f1:api-1:53:udp', 'api-8080/f1:api-1:8080'])).toEqual({ kind: 'port', port: 32_002 })
    expect(choose(['api-8080/f1:api-1:8080:udp', 'api-8080/f1:api-1:8080'], 8080)).toEqual({
      kind: 'port',
      port: 32_002,
    })
    expect(choose(['api/f1:api-1:8125:udp'])).toEqual({
      kind: 'unfit',
      reason:
        'only UDP is announced for the instance at 10.0.0.11 (container port 8125/udp at port 32001), and a health check asks TCP',
    })
  })

  it('is the one that the configuration names', () => {
    const two = ['api-8080/f1:api-1:8080', 'api-9090/f1:api-1:9090']
    expect(choose(two, 9090)).toEqual({ kind: 'port', port: 32_002 })
    expect(choose(two)).toEqual({
      kind: 'several',
      reason:
        '2 ports are announced for the instance at 10.0.0.11: container port 8080 at port 32001 and container port 9090 at port 32002; name one container port in services.api.health.containerPort',
    })
    expect(choose(two, 7070)).toEqual({
      kind: 'unfit',
      reason:
        'container port 7070 is not announced for the instance at 10.0.0.11, but container port 8080 at port 32001 and container port 9090 at port 32002; name one of these in services.api.health.containerPort',
    })
  })

  it('is that of the instance’s own container where several instances share a machine', () => {
    const both = ['api/f1:api-1:8080', 'api/f1:api-2:8080']
    expect(choose(both)).toEqual({ kind: 'port', port: 32_001 })
    expect(choosePort(here(...both), { ...wanted, unit: 'api@2.service' })).toEqual({ kind: 'port', port: 32_002 })
    expect(choosePort(here(...both), { ...wanted, unit: 'api@3.service' }).kind).toBe('several')
    expect(choosePort(here(...both), { ...wanted, unit: 'api@3.service', containerPort: 8080 }).kind).toBe('several')
  })

  it('is the same port when two keys name it', () => {
    const { list } = announced(['api/f1:api-1:8080', '10.0.0.11:32001'], ['api/f1:old:8080', '10.0.0.11:32001'])
    expect(choosePort(list, wanted)).toEqual({ kind: 'port', port: 32_001 })
  })
})
