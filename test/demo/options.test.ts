import { describe, expect, it } from 'vitest'
import { readOptions } from '../../demo/demo/options.ts'

describe('The words behind npm run demo --', () => {
  it('are the demo’s own deploy when nothing is said', () => {
    expect(readOptions([])).toMatchObject({
      kind: 'run',
      options: { once: false, own: true, commands: ['deploy api production'], ports: { slack: 0, etcd: 0 } },
    })
  })

  it('name commands in their order, with or without /opsee in front', () => {
    const parsed = readOptions(['--once', '--run', 'status', '--run', '/opsee lock api staging "why not"', '--json'])
    expect(parsed).toMatchObject({
      options: { once: true, own: false, json: true, commands: ['status', 'lock api staging "why not"'] },
    })
  })

  it.for([['--onec'], ['--port-slack', 'x'], ['--port-etcd', '70000'], ['--time-scale', '0'], ['once']])(
    'are refused when they make no sense: %s',
    (args) => {
      expect(readOptions(args)).toMatchObject({ kind: 'wrong', message: expect.stringContaining('--help') })
    },
  )
})
