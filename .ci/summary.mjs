// Adds up the parts: `summary.mjs "<name>:<exit code>:<seconds>[:<vitest's JSON report>]" …`. Prints one line for each part,
// then the total alone on the last line. Exits with 1 when a test failed or was skipped, a part failed, or nothing ran.
import { readFileSync } from 'node:fs'

const say = (line) => process.stdout.write(`${line}\n`)

const totals = process.argv.slice(2).map((argument) => {
  const [name = '', code = '', seconds = '', report] = argument.split(':')
  const counts = report === undefined ? { passed: 0, failed: 0, skipped: 0 } : countsOf(report)
  // A part that fails without a failed test (a check, an unhandled error, a killed run) counts as one failure.
  if (code !== '0' && counts.failed === 0) counts.failed = 1
  say(`${name}: ${text(counts)} (exit code ${code}, ${seconds} s)`)
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
    say(`${file} cannot be read: ${error.message}`)
    return { passed: 0, failed: 1, skipped: 0 }
  }
  // A file that cannot be loaded has no tests and is a failure. So is a file whose worker died: vitest reports it as passed.
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      assertionResults.length === 0 ||
      (status === 'failed' && assertionResults.every((test) => test.status !== 'failed')),
  )
  for (const { name, message } of broken) say(`${name} failed as a whole: ${message || 'it has no result'}`)
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
