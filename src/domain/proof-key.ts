import { parseUnitName } from './unit-name.ts'

/** Where one unit writes which release it runs: `{unit}` and `{instance}` of the pattern are filled in. */
export function keyOfUnit(pattern: string, unit: string): string {
  const parsed = parseUnitName(unit)
  const instance = parsed?.kind === 'instance' ? parsed.instance : ''
  return pattern.replaceAll('{unit}', unit).replaceAll('{instance}', instance)
}
