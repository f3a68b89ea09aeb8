import { code } from '../domain/wording.ts'
import type { CommandIndex, Description } from './define.ts'
import type { Field } from './fields.ts'
import { flagName } from './read-flags.ts'

/** Help is made from the definitions alone. What is returned is mrkdwn, one array entry per line. */

/** `deploy <service[,service…]> <tier> [--batch N|P%] …`, one for each form. */
export function usageLines(name: string, about: Description): readonly string[] {
  const flags = Object.entries(about.flags).map(([key, flag]) => `[${flagUsage(key, flag)}]`)
  const forms = about.forms ?? [Object.values(about.positionals).map(positionalUsage).join(' ')]
  return forms.map((form) => [name, form, ...flags].filter((part) => part !== '').join(' '))
}

/** Behind a mistyped command. */
export const usageText = (name: string, about: Description): string =>
  usageLines(name, about)
    .map((line) => `Usage: ${code(line)}`)
    .join('\n')

/** What each argument is, positionals first. */
export const argumentLines = (about: Description): readonly { readonly usage: string; readonly help: string }[] => [
  ...Object.values(about.positionals).map((field) => ({ usage: field.word, help: field.help })),
  ...Object.entries(about.flags).map(([key, flag]) => ({ usage: flagUsage(key, flag), help: flag.help })),
]

/** All of one command. */
export function commandHelp(name: string, about: Description): readonly string[] {
  return [
    `*${name}*: ${about.summary}`,
    usageText(name, about),
    ...argumentLines(about).map(({ usage, help }) => `${code(usage)}  ${help}`),
    ...(about.notes === undefined ? [] : [about.notes]),
    `For example: ${about.examples.map(code).join('  ')}`,
  ]
}

/** Behind a list of commands. */
export const helpHint = `${code('help <command>')} says how each is used.`

/** One line for each command. */
export function overview(commands: CommandIndex): readonly string[] {
  return commands.names.flatMap((name) => {
    const about = commands.get(name)?.about
    return about === undefined ? [] : [`${code(name)}  ${about.summary}`]
  })
}

const positionalUsage = (field: Field<unknown>): string => (field.required ? `<${field.word}>` : `[${field.word}]`)

function flagUsage(key: string, flag: Description['flags'][string]): string {
  const long = `--${flagName(key)}`
  const name = flag.short === null ? long : flag.short === key ? `-${key}` : `-${flag.short}|${long}`
  if (flag.field === null) return name
  return `${name} ${flag.field.word === 'text' ? '"…"' : flag.field.word}`
}
