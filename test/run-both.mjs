// The quick tests and the heavy tests beside each other, each in a vitest of its own: only so does each group keep its own
// number of workers. The output of the heavy tests follows that of the quick ones.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'

const args = process.argv.slice(2)
const vitest = (projects, stdio, report) =>
  spawn(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', ...projects.flatMap((name) => ['--project', name]), ...args],
    { stdio, env: { ...process.env, OPSEE_TEST_REPORT: report } },
  )
const quick = vitest(['pure', 'quick'], 'inherit', 'test-results/quick.json')
const heavy = vitest(['heavy'], ['ignore', 'pipe', 'pipe'], 'test-results/heavy.json')
const children = [quick, heavy]

let held = []
for (const [from, to] of [
  [heavy.stdout, process.stdout],
  [heavy.stderr, process.stderr],
])
  from.on('data', (chunk) => (held === null ? to.write(chunk) : held.push([to, chunk])))

// A terminal signals every process in the foreground by itself.
process.on('SIGINT', () => {
  if (!process.stdin.isTTY) for (const child of children) child.kill('SIGINT')
})
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => children.forEach((child) => child.kill(signal)))

const ended = (child) =>
  new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]))
  })
const [quickEnd, heavyEnd] = [ended(quick), ended(heavy)]
const code = await quickEnd
for (const [to, chunk] of held) to.write(chunk)
held = null
process.exitCode = Math.max(code, await heavyEnd)
