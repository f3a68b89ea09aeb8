import { query } from '../src/command/define.ts'
import { commandText } from '../src/command/fields.ts'
import { askAbout } from '../src/command/ask.ts'
import { done, mistyped } from '../src/command/text.ts'
import { code } from '../src/domain/wording.ts'

export default query({
  summary: 'Says whether you may run a command, and why; nothing is run and nothing recorded.',
  examples: ['can deploy api production', 'can unlock production'],
  positionals: { command: commandText() },
  flags: {},
  async answer({ command }, context) {
    const asked = await askAbout(command, context)
    const typed = code(command.map((word) => word.text).join(' '))
    switch (asked.kind) {
      case 'mistyped':
        return mistyped(asked.message)
      case 'reads':
        return done(`Yes: ${typed} only reads, and everybody may read.`)
      case 'allowed':
        return done(`Yes: you may ${typed}. The right is ${code(asked.right)}, and the policy gives it to you.`)
      case 'denied':
        return done([
          `No. ${asked.denials[0]?.message ?? ''}`,
          ...asked.denials.slice(1).map((denial) => denial.message),
        ])
      case 'moot':
        return done([`It would not come to the question of rights: ${asked.reply.message.text}`])
    }
  },
})
