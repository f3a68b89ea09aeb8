import { spawn } from 'node:child_process'

const tailLines = 25

/**
 * Runs one command quietly to its end, at most `limitMs`. Its output is shown only when it fails, in the error: what
 * was run, how it ended, its last lines, and `advice`.
 */
export function runStep(argv, { cwd, limitMs, advice }) {
  const [program, ...args] = argv
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    let output = ''
    const take = (chunk) => {
      output = (output + chunk).slice(-20_000)
    }
    child.stdout.setEncoding('utf8').on('data', take)
    child.stderr.setEncoding('utf8').on('data', take)
    const end = () => killGroup(child.pid)
    const timer = setTimeout(end, limitMs)
    process.once('exit', end)
    const settle = (how) => {
      clearTimeout(timer)
      process.off('exit', end)
      if (how === null) return resolve(output)
      const tail = output.trimEnd().split('\n').slice(-tailLines).join('\n')
      reject(new Error(`"${argv.map(shorten).join(' ')}" ${how}.\n\n${tail}\n\n${advice}`))
    }
    child.once('error', (error) => settle(`could not be started (${error.message})`))
    child.once('close', (code, signal) => {
      if (code === 0) settle(null)
      else if (signal === 'SIGKILL') settle(`was ended after ${Math.round(limitMs / 1000)} s`)
      else settle(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`)
    })
  })
}

const shorten = (word) => word.replace(/^.*\//, '')

function killGroup(pid) {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}
