import { optionValues } from './unit-file.ts'
import type { UnitOption } from './lex.ts'
import { specify } from './exec-line.ts'
import { parseSpan } from './seconds.ts'
import { parseUnitName } from './unit-name.ts'

/** What of [Service] and [Unit] the stand-in's systemd obeys. Times in milliseconds, unscaled. */
export interface ServiceConfig {
  readonly description: string
  readonly type: 'simple' | 'oneshot' | 'notify'
  readonly execStartPre: readonly string[]
  readonly execStart: readonly string[]
  readonly execStartPost: readonly string[]
  readonly execStop: readonly string[]
  readonly execStopPost: readonly string[]
  readonly environment: readonly string[]
  readonly environmentFiles: readonly string[]
  readonly workingDirectory: string | null
  readonly restart: 'no' | 'always' | 'on-success' | 'on-failure' | 'on-abnormal'
  readonly restartSecMs: number
  readonly timeoutStartMs: number
  readonly timeoutStopMs: number
  readonly startLimitIntervalMs: number
  readonly startLimitBurst: number
  readonly remainAfterExit: boolean
  readonly killMode: 'control-group' | 'process' | 'mixed' | 'none'
  readonly successCodes: readonly number[]
  readonly requires: readonly string[]
  readonly wants: readonly string[]
  readonly bindsTo: readonly string[]
  readonly partOf: readonly string[]
  readonly after: readonly string[]
  /** systemd would not load it: LoadState `bad-setting`. */
  readonly broken: boolean
}

/** Units that a machine of the shop has beside fleet's own, and that are up. */
const OF_THE_MACHINE: ReadonlySet<string> = new Set(['docker.service'])

const RESTARTS = ['no', 'always', 'on-success', 'on-failure', 'on-abnormal'] as const
const KILL_MODES = ['control-group', 'process', 'mixed', 'none'] as const

/** `unit` is the full name, for the specifiers in the names of other units. */
export function serviceConfigOf(options: readonly UnitOption[], unit: string): ServiceConfig {
  const list = (section: string, name: string): string[] => {
    const values: string[] = []
    for (const value of optionValues(options, section, name)) {
      // An empty assignment clears what was said before (systemd.service(5)).
      if (value === '') values.length = 0
      else values.push(value)
    }
    return values
  }
  const last = (name: string): string | null => list('Service', name).at(-1) ?? null
  const parsed = parseUnitName(unit)
  const specifiers = { n: unit, N: parsed?.name ?? unit, p: parsed?.prefix ?? unit, i: parsed?.instance ?? '' }
  const names = (name: string): string[] =>
    list('Unit', name).flatMap((value) => specify(value, specifiers).split(/\s+/))
  const span = (value: string | null, otherwise: number): number =>
    value === null ? otherwise : (parseSpan(value) ?? otherwise)
  // 0 is no limit (systemd.service(5), TimeoutStartSec).
  const limit = (value: string | null, otherwise: number): number => span(value, otherwise) || Number.POSITIVE_INFINITY
  const both = limit(last('TimeoutSec'), 90_000)
  const type = last('Type')
  const execStart = list('Service', 'ExecStart')
  return {
    description: optionValues(options, 'Unit', 'Description')[0] ?? '',
    type: type === 'oneshot' || type === 'notify' ? type : 'simple',
    execStartPre: list('Service', 'ExecStartPre'),
    execStart,
    execStartPost: list('Service', 'ExecStartPost'),
    execStop: list('Service', 'ExecStop'),
    execStopPost: list('Service', 'ExecStopPost'),
    environment: list('Service', 'Environment'),
    environmentFiles: list('Service', 'EnvironmentFile'),
    workingDirectory: last('WorkingDirectory'),
    restart: RESTARTS.find((one) => one === last('Restart')) ?? 'no',
    restartSecMs: span(last('RestartSec'), 100),
    timeoutStartMs: limit(last('TimeoutStartSec'), type === 'oneshot' ? Number.POSITIVE_INFINITY : both),
    timeoutStopMs: limit(last('TimeoutStopSec'), both),
    startLimitIntervalMs: span(
      list('Unit', 'StartLimitIntervalSec').at(-1) ??
        list('Unit', 'StartLimitInterval').at(-1) ??
        last('StartLimitInterval'),
      10_000,
    ),
    startLimitBurst: Number(list('Unit', 'StartLimitBurst').at(-1) ?? last('StartLimitBurst') ?? 5),
    remainAfterExit: ['yes', 'true', '1', 'on'].includes((last('RemainAfterExit') ?? '').toLowerCase()),
    killMode: KILL_MODES.find((one) => one === last('KillMode')) ?? 'control-group',
    successCodes: [
      0,
      ...(last('SuccessExitStatus') ?? '')
        .split(/\s+/)
        .filter((word) => /^\d+$/.test(word))
        .map(Number),
    ],
    requires: names('Requires').filter((name) => !OF_THE_MACHINE.has(name)),
    wants: names('Wants'),
    bindsTo: names('BindsTo'),
    partOf: names('PartOf'),
    after: names('After'),
    broken: execStart.length === 0 || (type !== 'oneshot' && execStart.length > 1),
  }
}
