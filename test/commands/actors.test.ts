import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandsDirectory } from '../../src/command/load.ts'
import { listed } from '../support/listed.ts'
import { noon, pinOf, textOf, world } from './fakes.ts'
import { releaseOf, releasesWith } from '../support/releases.ts'

const bob = { id: 'U0BOB', name: null }
const lock = { service: null, tier: 'production', by: bob, why: 'db', at: noon, until: null, audit: 1 }

/** Each command that answers in the channel. */
const publicCommands = {
  lock: 'lock production "db migration"',
  unlock: 'unlock production',
  stop: 'stop production checkout is down',
  go: 'go production',
  pin: 'pin api production v2 "v3 loses orders"',
  unpin: 'unpin api production',
} as const

describe('an answer that the whole channel sees', () => {
  it.each(Object.values(publicCommands))(
    'names the person who did it, with or without a known name: %s',
    async (typed) => {
      const { say, read } = await world({
        read: (usual) => ({
          locks: { all: async () => listed(lock), on: async () => [lock] },
          releases: releasesWith({ 'api production': releaseOf('2').digest }, [releaseOf('2')]),
          pins: {
            ...usual.pins,
            on: async () => pinOf({ by: bob }),
          },
        }),
      })
      expect(read.now()).toBe(noon)
      for (const [actor, name] of [
        [{ id: 'U0EVE', name: 'eve' }, '@eve'],
        [{ id: 'U0EVE', name: null }, '<@U0EVE>'],
      ] as const) {
        const reply = await say(typed, { actor })
        expect(reply).toMatchObject({ outcome: 'done', visibility: 'everyone' })
        expect(textOf(reply).split('\n')[0]).toContain(`${name} `)
      }
    },
  )

  it('is made in one way, which takes the person', () => {
    const files = readdirSync(commandsDirectory()).filter((file) => file.endsWith('.ts'))
    const sources = files.map((file) => [file, readFileSync(join(commandsDirectory(), file), 'utf8')] as const)
    expect(sources.filter(([, text]) => text.includes("visibility: 'everyone'"))).toEqual([])
    const those = sources.filter(([, text]) => text.includes('doneForAll(')).map(([file]) => file.replace('.ts', ''))
    expect(those.sort()).toEqual(Object.keys(publicCommands).sort())
  })
})
