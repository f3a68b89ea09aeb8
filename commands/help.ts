import { query } from '../src/command/define.ts'
import { commandName, optional } from '../src/command/fields.ts'
import { commandHelp, helpHint, overview } from '../src/command/help.ts'
import { done } from '../src/command/text.ts'

export default query({
  summary: 'What can be typed, and how.',
  examples: ['help', 'help deploy'],
  positionals: { command: optional(commandName()) },
  flags: {},
  async answer({ command }, { commands }) {
    const about = command === null ? null : commands.get(command)?.about
    if (command === null || about === null || about === undefined) {
      return done([...overview(commands), helpHint])
    }
    return done(commandHelp(command, about))
  },
})
