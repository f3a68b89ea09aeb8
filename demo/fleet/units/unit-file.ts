import { createHash } from 'node:crypto'
import { lexUnitFile, type UnitOption } from './lex.ts'

/** Options in file order, as fleet keeps a unit file: comments, blank lines and spacing are gone. */
export function parseUnitFile(text: string): UnitOption[] {
  return lexUnitFile(text)
}

/** The canonical text of a unit file, as `fleetctl cat` shows it: options grouped by section, sections in first-seen order. */
export function serializeUnitFile(options: readonly UnitOption[]): string {
  const sections = new Map<string, string[]>()
  for (const option of options) {
    const lines = sections.get(option.section) ?? []
    lines.push(`${option.name}=${option.value}\n`)
    sections.set(option.section, lines)
  }
  return [...sections].map(([section, lines]) => `[${section}]\n${lines.join('')}`).join('\n')
}

/** SHA-1 of the canonical text in 40 hex digits: fleet's name for a unit's content. */
export function hashUnitFile(options: readonly UnitOption[]): string {
  return createHash('sha1').update(serializeUnitFile(options)).digest('hex')
}

/** Every value of one option, in file order. */
export function optionValues(options: readonly UnitOption[], section: string, name: string): string[] {
  return options.filter((option) => option.section === section && option.name === name).map((option) => option.value)
}
