/** What one run of fleetctl sees of the machine it runs on; a process, or a test without one. */
export interface World {
  /** Without the names of the runtime and the program. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  stdout(text: string): void
  stderr(text: string): void
  /** The run is killed: what waits, waits no longer. */
  readonly killed: AbortSignal
}

/** The lab wants the run to end here and now, with this exit code. */
export class ForcedExit extends Error {
  readonly code: number

  constructor(code: number) {
    super(`exit ${code}`)
    this.code = code
  }
}

/** The run was killed: it says nothing more. */
export class Killed extends Error {
  constructor() {
    super('killed')
  }
}

export function errorLine(world: World, text: string): void {
  world.stderr(`${text}\n`)
}

/** A line of fleetctl's own log. */
export function logLine(world: World, where: string, text: string): void {
  const two = (value: number): string => String(value).padStart(2, '0')
  const now = new Date()
  const day = `${now.getFullYear()}/${two(now.getMonth() + 1)}/${two(now.getDate())}`
  const time = `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`
  errorLine(world, `${day} ${time} ${where}: ${text}`)
}
