import type { CommandIndex, Description } from './define.ts'
import { argumentLines, usageLines } from './help.ts'

/** `docs/commands.md`, made from the definitions. A test holds the file to this text. */
export function commandsPage(commands: CommandIndex): string {
  const described = commands.names.flatMap((name) => {
    const command = commands.get(name)
    return command === null ? [] : [{ name, about: command.about, kind: command.kind }]
  })
  const index = described.map(({ name, about }) => `- [\`${name}\`](#${name}): ${about.summary}`)
  const chapters = described.flatMap(({ name, about, kind }) => chapter(name, about, kind))
  const lines = [
    '# Commands',
    '',
    'You type these behind `/opsee`, behind a mention of the bot, or alone in a direct message to it. `npm run docs` makes this',
    'page from `commands/`: edit the definitions, not the page.',
    '',
    '- A service and a tier may come in either order, with or without a comma between them. Aliases stand for their names.',
    '- Words that belong together go in quotes.',
    '- A command may be pasted with the backticks, bold or italic marks or quotes around it. A quoted reason keeps its own marks.',
    '- A full stop or comma behind a value is ignored. In free text (`why…`) it stays, as does `--`.',
    '',
    ...index,
    ...chapters,
  ]
  return `${lines.join('\n')}\n`
}

function chapter(name: string, about: Description, kind: 'query' | 'mutation'): readonly string[] {
  const rights = kind === 'query' ? 'Only reads.' : 'Takes a right, and is recorded.'
  const items = argumentLines(about).map(({ usage, help }) => `- \`${usage}\`: ${help}`)
  return [
    '',
    `## ${name}`,
    '',
    `${about.summary} ${rights}`,
    ...block(usageLines(name, about)),
    ...(items.length === 0 ? [] : ['', ...items]),
    ...(about.notes === undefined ? [] : ['', about.notes]),
    '',
    'For example:',
    ...block(about.examples),
  ]
}

const block = (lines: readonly string[]): readonly string[] => ['', '```', ...lines, '```']
