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
    'Typed behind `/opsee`, or behind a mention of the bot. This page is made from `commands/` by `npm run docs`: edit the',
    'definitions, not the page. The order `<tier> <service>` works too, aliases stand for their names, and words that',
    'belong together go in quotes.',
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
