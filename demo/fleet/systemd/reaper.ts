import { spawn, type ChildProcess } from 'node:child_process'

/** Knows every process group of a lab and kills what is left when the lab ends, even by SIGKILL. */
export interface Reaper {
  /** The reaper's own process id. */
  readonly pid: number
  add(group: number): void
  remove(group: number): void
  /** Kills every known group at once and ends the reaper. */
  close(): Promise<void>
}

/**
 * The end of standard input is the signal: the kernel closes the pipe when the lab dies, however it dies. A shell, so
 * that a lab costs no second runtime. (`kill -KILL -- -1` is no command to dash; `-s KILL` is one everywhere.)
 */
const SCRIPT = `groups=' '
while read -r op group; do
  case $op in
    +) groups="$groups$group ";;
    -) case $groups in *" $group "*) groups="\${groups%%" $group "*} \${groups#*" $group "}";; esac;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
exit 0`

/** Starts the reaper outside the lab's own process group, so that a Ctrl-C at the terminal does not take it first. */
export function startReaper(): Reaper {
  const shell = spawn('/bin/sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  shell.stdin.on('error', () => undefined)
  const pid = shell.pid
  if (pid === undefined) throw new Error('the lab cannot start /bin/sh, which it needs to clean up after itself')
  return {
    pid,
    add: (group) => shell.stdin.write(`+ ${group}\n`),
    remove: (group) => shell.stdin.write(`- ${group}\n`),
    close: () => ended(shell),
  }
}

function ended(shell: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (shell.exitCode !== null || shell.signalCode !== null) return resolve()
    shell.once('exit', () => resolve())
    shell.stdin?.end()
  })
}
