import { describe, expect, it } from 'vitest'
import { commandsDirectory, loadCommands } from '../../src/command/load.ts'
import { readCommand } from '../../src/command/tokenize.ts'
import { catalog } from '../commands/fakes.ts'

const commands = await loadCommands(commandsDirectory())
const known = { catalog, commands: commands.names }

function argsOf(name: string, text: string): unknown {
  const tokens = readCommand(text)
  const command = commands.get(name)
  if (tokens.kind === 'wrong' || command === null) throw new Error(`${name} ${text}`)
  return command.kind === 'query'
    ? command.open((definition) => definition.parse(tokens.words, known))
    : command.open((definition) => definition.parse(tokens.words, known))
}

/** These act on a whole tier, or name no target at all. */
const ofNoTarget = new Set(['audit', 'can', 'confirm', 'get', 'go', 'help', 'ls', 'retry', 'show', 'stop', 'whoami'])

/** What else a command needs behind its service and tier. */
const more: Readonly<Record<string, string>> = {
  diff: '',
  lock: ' "db migration"',
  pin: ' "db migration"',
  promote: ' production',
  scale: ' 3',
}

describe('every command', () => {
  it.each(commands.names.filter((name) => !ofNoTarget.has(name)))(
    '%s takes a service and a tier, in either order and with a comma between them',
    (name) => {
      const rest = more[name] ?? ''
      const straight = argsOf(name, `api staging${rest}`)
      expect(straight).toMatchObject({ kind: 'args' })
      for (const typed of ['staging api', 'api, staging', 'staging, api', 'api,staging', '`api` `staging`']) {
        expect(argsOf(name, `${typed}${rest}`)).toEqual(straight)
      }
    },
  )
})
