import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/**
 * Runs `node …args` in the foreground with this process's terminal and resolves its exit code. A signal to end that
 * only we were sent (not the whole terminal) is passed on, so that the child can clean up.
 */
export function runChild(args, { cwd, env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, env, stdio: 'inherit' })
    // Ctrl-C reaches the child by itself: a terminal signals every process in the foreground. Passing it on too would
    // count as a second one.
    process.on('SIGINT', () => {
      if (!process.stdin.isTTY) child.kill('SIGINT')
    })
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]))
  })
}
