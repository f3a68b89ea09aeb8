/** Names of systemd units as fleet uses them: `api@.service` (template), `api@3.service` (instance), `beavis.service`. */
export type UnitName =
  | { readonly kind: 'template'; readonly base: string; readonly suffix: string }
  | { readonly kind: 'instance'; readonly base: string; readonly instance: string; readonly suffix: string }
  | { readonly kind: 'plain'; readonly base: string; readonly suffix: string }

const pattern =
  /^([A-Za-z0-9:_.\\-]+?)(?:(@)([A-Za-z0-9:_.\\-]*))?\.(service|socket|timer|target|path|mount|device|slice|scope)$/

/** Null when the text is not a unit's name. */
export function parseUnitName(text: string): UnitName | null {
  const match = pattern.exec(text)
  if (match === null) return null
  const [, base = '', at, instance = '', suffix = ''] = match
  if (at === undefined) return { kind: 'plain', base, suffix }
  return instance === '' ? { kind: 'template', base, suffix } : { kind: 'instance', base, instance, suffix }
}

/** `api@.service` with `3` is `api@3.service`; a plain unit has no instances and stays itself. */
export function instanceOf(template: string, instance: string): string {
  const name = parseUnitName(template)
  return name?.kind === 'template' ? `${name.base}@${instance}.${name.suffix}` : template
}

/** `api@.service` for `api@3.service`; null for what was made from no template. */
export function templateOf(unit: string): string | null {
  const name = parseUnitName(unit)
  return name?.kind === 'instance' ? `${name.base}@.${name.suffix}` : null
}

/** `3` for `api@3.service` under `api@.service`; null when the unit is not an instance of this template. */
export function instanceIn(template: string, unit: string): string | null {
  // Asked of every unit of a fleet for every service: most need not be taken apart.
  if (!unit.startsWith(template.slice(0, template.indexOf('@') + 1))) return null
  const a = parseUnitName(template)
  const b = parseUnitName(unit)
  if (a?.kind !== 'template' || b?.kind !== 'instance') return null
  return a.base === b.base && a.suffix === b.suffix ? b.instance : null
}

const names = new Intl.Collator('en', { numeric: true })

/** Sorts names of units as people count: `api@2.service` before `api@10.service`. */
export const byUnitName = (a: { readonly unit: string }, b: { readonly unit: string }): number =>
  names.compare(a.unit, b.unit)
