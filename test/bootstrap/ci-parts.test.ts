import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { root } from './support.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'opsee-ci-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Runs these lines of bash with the functions of CI, and with `folder` in the place of the folder for results. */
const ci = (script: string): Promise<{ readonly lines: readonly string[]; readonly code: number | string }> =>
  new Promise((resolve) => {
    const text = `set -euo pipefail\nsource .ci/lib.sh\nresults=${folder}\n${script}`
    execFile('bash', ['-c', text], { cwd: root }, (error, stdout) => {
      resolve({ lines: stdout.trimEnd().split('\n'), code: error === null ? 0 : (error.code ?? 'none') })
    })
  })

describe('The parts of CI', () => {
  it('run beside each other, keep their output together, and end in one total', async () => {
    const { lines, code } = await ci(`
      (part slow "Slow part" sh -c 'echo one; sleep 1; echo two') &
      slow=$!
      part check "Check" echo three
      wait "$slow"
      echo '{"numTotalTests":1,"numPassedTests":1,"numFailedTests":0,"numPendingTests":0,"numTodoTests":0,"testResults":[]}' >"$results/tests.json"
      tests tests "Tests" true
      result check slow tests`)
    const slow = lines.findIndex((line) => line.startsWith('== Slow part: exit code 0 after '))
    expect(lines.slice(slow + 1, slow + 3)).toEqual(['one', 'two'])
    expect(lines.at(-2)).toMatch(/^Tests: 1 passed, 0 failed, 0 skipped \(exit code 0, \d+ s\)$/)
    expect(lines.at(-1)).toBe('1 passed, 0 failed, 0 skipped')
    expect(code).toBe(0)
  })

  it('are a failure when a command fails, and when a part never ran', async () => {
    writeFileSync(path.join(folder, 'good.part'), 'Good:0:1')
    const { lines, code } = await ci(`
      part bad "Bad" sh -c 'exit 7'
      result good bad never`)
    expect(lines.slice(-4)).toEqual([
      'Good: 0 passed, 0 failed, 0 skipped (exit code 0, 1 s)',
      expect.stringMatching(/^Bad: 0 passed, 1 failed, 0 skipped \(exit code 7, \d+ s\)$/),
      'never (did not run): 0 passed, 1 failed, 0 skipped (exit code 1, 0 s)',
      '0 passed, 2 failed, 0 skipped',
    ])
    expect(code).toBe(1)
  })
})
