import { CHANGE_HELP } from './change.ts'
import { LOOK_HELP } from './look.ts'
import { GLOBAL_OPTIONS, NO_ARGUMENTS, ROOT } from './root.ts'

/** Texts of commands that the recording has no help of. */
const OTHERS: Readonly<Record<string, string>> = {
  'fd-forward': `NAME:
\tfd-forward - Proxy stdin and stdout to a unix domain socket

USAGE:
\tfleetctl fd-forward SOCKET

`,
  verify: `NAME:
\tverify -${' '}

USAGE:
\tfleetctl verify UNIT

`,
  version: `NAME:
\tversion - Print the version and exit

USAGE:
\tfleetctl version

DESCRIPTION:
\tPrint the version and exit

`,
}

/** `fleetctl help <command>`, or of fleetctl itself. */
export function helpText(command: string | null): string {
  const text = command === null ? undefined : (CHANGE_HELP[command] ?? LOOK_HELP[command] ?? OTHERS[command])
  return text === undefined ? `${ROOT}OPTIONS:\n${GLOBAL_OPTIONS}` : `${text}GLOBAL OPTIONS:\n${GLOBAL_OPTIONS}`
}

/** `fleetctl` without any argument. */
export function briefHelp(): string {
  const flags = GLOBAL_OPTIONS.replace(/\n$/, '')
  return `${NO_ARGUMENTS}Flags:\n${flags}\nUse "fleetctl [command] --help" for more information about a command.\n`
}
