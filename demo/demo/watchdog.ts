import { spawn } from 'node:child_process'

/** Cleans up what a demo leaves behind when it dies without a chance to, even by SIGKILL. */
export interface Watchdog {
  /** To be killed. */
  process(pid: number): void
  /** Ended in order: its id may stand for another process by now. */
  forget(pid: number): void
  /** Removes the folder, kills what is still known, and resolves when it has. */
  close(): Promise<void>
}

/**
 * The end of standard input is the signal: the kernel closes the pipe however the demo dies. After killing it waits for
 * what the killed ones' own watchdogs do, so that nobody writes into the folder any more.
 */
const script = `folder=$1 pids=' '
while read -r op pid; do
  case $op in
    +) pids="$pids$pid ";;
    -) case $pids in *" $pid "*) pids="\${pids%%" $pid "*} \${pids#*" $pid "}";; esac;;
  esac
done
killed=no
for pid in $pids; do kill -KILL "$pid" 2>/dev/null && killed=yes; done
[ "$killed" = no ] || sleep 1
[ "$folder" = '' ] || rm -rf "$folder"
exit 0`

/** In a process group of its own, so that a Ctrl-C does not take it first. `folder` null: nothing is removed. */
export function startWatchdog(folder: string | null): Watchdog {
  const shell = spawn('/bin/sh', ['-c', script, 'watchdog', folder ?? ''], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  shell.stdin.on('error', () => undefined)
  shell.unref()
  return {
    process: (pid) => shell.stdin.write(`+ ${pid}\n`),
    forget: (pid) => shell.stdin.write(`- ${pid}\n`),
    close: () =>
      new Promise((resolve) => {
        if (shell.exitCode !== null || shell.signalCode !== null) return resolve()
        shell.once('exit', () => resolve())
        shell.stdin.end()
      }),
  }
}
