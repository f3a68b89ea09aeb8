/** Words that the sections of the report share. */

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

export const met = (yes: boolean): string => (yes ? 'met' : 'missed')
export const times = (a: number, b: number): string => `${(a / b).toFixed(2)}×`
