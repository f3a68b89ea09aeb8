// Adds up what ran: `summary.mjs "<name>:<exit code>[:<vitest's JSON report>]" …`. Prints one line for each, then the
// total as a plain last line, and exits with 1 unless all passed, something ran and nothing was skipped.
import { readFileSync } from 'node:fs'

const say = (line) => process.stdout.write(`${line}\n`)

const totals = process.argv.slice(2).map((argument) => {
  const [name = '', code = '', report] = argument.split(':')
  const counts = report === undefined ? { passed: 0, failed: 0, skipped: 0 } : countsOf(report)
  // What failed without a failed test (a check, an unhandled error, a run that was killed) counts as one.
  if (code !== '0' && counts.failed === 0) counts.failed = 1
  say(`${name}: ${text(counts)} (exit code ${code})`)
  return counts
})

const total = totals.reduce((sum, one) => ({
  passed: sum.passed + one.passed,
  failed: sum.failed + one.failed,
  skipped: sum.skipped + one.skipped,
}))
say(text(total))
process.exitCode = total.passed > 0 && total.failed === 0 && total.skipped === 0 ? 0 : 1

function countsOf(file) {
  let report
  try {
    report = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    say(`${file} is not there or not readable: ${error.message}`)
    return { passed: 0, failed: 1, skipped: 0 }
  }
  // A file that could not be loaded has no tests in it, and is a failure all the same.
  const broken = report.testResults.filter(
    (one) => one.status === 'failed' && one.assertionResults.every((test) => test.status !== 'failed'),
  )
  for (const { name, message } of broken) say(`${name} failed as a whole: ${message}`)
  const empty = report.numTotalTests === 0 ? 1 : 0
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length + empty,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

function text({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}
