/** One thing that is wrong with the configuration file. */
export interface ConfigFault {
  /** From 1; null when it has no place in the file. */
  readonly line: number | null
  readonly column: number | null
  /** `services.api.team`; '' for the file as a whole. */
  readonly path: string
  /** What is wrong, and what to write instead. */
  readonly message: string
}

/** A path in the configuration, outermost first. */
export type ConfigPath = readonly (string | number)[]

export const pathText = (path: ConfigPath): string => path.join('.')

/** `opsee.yaml:12:5: services.api.team: …`, one line each, in the order of the file. */
export function faultsText(file: string, faults: readonly ConfigFault[]): string {
  const place = ({ line, column }: ConfigFault): string => (line === null ? '' : `:${line}:${column ?? 1}`)
  const path = (fault: ConfigFault): string => (fault.path === '' ? '' : `${fault.path}: `)
  return faults.map((fault) => `${file}${place(fault)}: ${path(fault)}${fault.message}`).join('\n')
}

export function sortFaults(faults: readonly ConfigFault[]): ConfigFault[] {
  const at = (value: number | null): number => value ?? 0
  return [...faults].sort((a, b) => at(a.line) - at(b.line) || at(a.column) - at(b.column))
}
