import { describe, expect, it } from 'vitest'
import { commandsDirectory, loadCommands } from '../../src/command/load.ts'
import { nearMiss } from '../../src/command/near-miss.ts'
import { readCommand } from '../../src/command/tokenize.ts'
import { catalog, textOf, world } from '../commands/fakes.ts'

const commands = await loadCommands(commandsDirectory())
const known = { catalog, commands: commands.names }

function near(text: string): string | null {
  const tokens = readCommand(text)
  if (tokens.kind === 'wrong') throw new Error(tokens.message)
  const [name, ...words] = tokens.words
  return nearMiss({ name: name?.text ?? '', words }, commands, known)?.text ?? null
}

describe('the command that was probably meant', () => {
  it.each([
    ['deploy api@2 production', 'restart api@2 production'],
    ['deploy production api@2', 'restart production api@2'],
    ['deploy api@1,3 production', 'restart api@1,3 production'],
    ['deploy bartnet@2 production --dry-run', 'restart bartnet@2 production --dry-run'],
    ['deploy api@2.service production', 'restart api@2.service production'],
    ['deploy api@v2 production', 'deploy api production v2'],
    ['deploy api:v2.7.0 production', 'deploy api production v2.7.0'],
    ['deploy v2 api production', 'deploy api production v2'],
    ['deploy api v2 production', 'deploy api production v2'],
    ['deploy 12', 'retry 12'],
    ['restart api production v2', 'deploy api production v2'],
    ['rollback api production v1', 'deploy api production v1'],
    ['rollback api@2 production', 'rollback api production'],
    ['scale api@2 production 3', 'scale api production 3'],
    ['scale api 3 production', 'scale api production 3'],
    ['status api@2 production', 'status api production'],
    ['status 12', 'show 12'],
    ['history #12', 'show #12'],
    ['stop api production', 'pause api production'],
    ['stop 12', 'pause 12'],
    ['stop api production "checkout is down"', 'lock api production "checkout is down"'],
    ['go api production', 'resume api production'],
    ['go 12', 'resume 12'],
    ['lock 12', 'pause 12'],
    ['show api production', 'status api production'],
    ['retry api production', 'history api production'],
    ['confirm api production', 'queue api production'],
  ])('of %j is %j', (typed, meant) => {
    expect(near(typed)).toBe(meant)
  })

  it.each([
    'deploy apii production',
    'deploy api',
    'scale api production many',
    'lock production',
    'deploy api prod -x',
  ])('of %j is not known', (typed) => {
    expect(near(typed)).toBeNull()
  })
})

describe('the answer to a near miss', () => {
  it('says what is wrong, and offers the command as a button that asks before it runs', async () => {
    const { say, did } = await world()
    const reply = await say('deploy api@2 production')
    expect(textOf(reply)).toBe('There is no service called `api@2`. Did you mean `restart api@2 production`?')
    expect(reply.message.sections.at(-1)).toMatchObject({
      kind: 'buttons',
      buttons: [
        {
          label: 'restart api@2 production',
          command: 'restart api@2 production',
          confirm: expect.stringMatching(/^Run/),
        },
      ],
    })
    expect(did.authorized).toEqual([])
  })

  it('runs a command that only reads without asking', async () => {
    const { say } = await world()
    const reply = await say('status 12')
    expect(reply.message.sections.at(-1)).toMatchObject({ buttons: [{ command: 'show 12', confirm: null }] })
  })

  it('is given by `can` too', async () => {
    const { say } = await world()
    expect(textOf(await say('can deploy api@2 production'))).toContain('Did you mean `restart api@2 production`?')
  })
})
