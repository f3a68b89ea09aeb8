import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { root, runNode, temporaryFolder } from './support.ts'

let folder = ''
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

type Counts = Partial<Record<'passed' | 'failed' | 'pending' | 'todo', number>>

/** A report of vitest with these counts. `file` is the result of one more file, which has no tests. */
function report(counts: Counts, file: { readonly status: string; readonly message: string } | null = null): string {
  const { passed = 0, failed = 0, pending = 0, todo = 0 } = counts
  const target = path.join(folder, `${passed}-${failed}-${pending}-${todo}-${file?.status}.json`)
  const tests = Array.from({ length: passed + failed }, (_, n) => ({ status: n < failed ? 'failed' : 'passed' }))
  const whole = { name: 'a.test.ts', status: failed > 0 ? 'failed' : 'passed', message: '', assertionResults: tests }
  writeFileSync(
    target,
    JSON.stringify({
      numTotalTests: passed + failed + pending + todo,
      numPassedTests: passed,
      numFailedTests: failed,
      numPendingTests: pending,
      numTodoTests: todo,
      testResults: [
        ...(tests.length === 0 ? [] : [whole]),
        ...(file === null ? [] : [{ name: 'b.test.ts', assertionResults: [], ...file }]),
      ],
    }),
  )
  return target
}

async function summary(...args: readonly string[]) {
  const { stdout, code } = await runNode([path.join(root, '.ci', 'summary.mjs'), ...args])
  const lines = stdout.trimEnd().split('\n')
  return { lines, last: lines.at(-1), code }
}

describe('The last line of CI', () => {
  it('adds up the parts, and each part has its own line with its seconds', async () => {
    const args = ['check:0:25', `a:0:188:${report({ passed: 5 })}`, `b:0:7:${report({ passed: 2 })}`]
    expect(await summary(...args)).toEqual({
      lines: [
        'check: 0 passed, 0 failed, 0 skipped (exit code 0, 25 s)',
        'a: 5 passed, 0 failed, 0 skipped (exit code 0, 188 s)',
        'b: 2 passed, 0 failed, 0 skipped (exit code 0, 7 s)',
        '7 passed, 0 failed, 0 skipped',
      ],
      last: '7 passed, 0 failed, 0 skipped',
      code: 0,
    })
  })

  it('is a failure when a test failed, was skipped or is still to be written', async () => {
    expect(await summary(`a:1:9:${report({ passed: 5, failed: 1 })}`)).toMatchObject({
      last: '5 passed, 1 failed, 0 skipped',
      code: 1,
    })
    expect(await summary(`a:0:9:${report({ passed: 5, pending: 1, todo: 1 })}`)).toMatchObject({
      last: '5 passed, 0 failed, 2 skipped',
      code: 1,
    })
  })

  it('is a failure when a file cannot be loaded, nothing ran, or the report is missing', async () => {
    const unloaded = report({ passed: 5 }, { status: 'failed', message: 'no module' })
    expect(await summary(`a:0:9:${unloaded}`)).toMatchObject({ last: '5 passed, 1 failed, 0 skipped', code: 1 })
    expect(await summary(`a:0:9:${report({})}`)).toMatchObject({ last: '0 passed, 1 failed, 0 skipped', code: 1 })
    expect(await summary(`a:0:9:${path.join(folder, 'none.json')}`)).toMatchObject({ code: 1 })
  })

  it('is a failure when the worker of a file died: vitest reports that file as passed, without a test', async () => {
    const died = report({ passed: 5 }, { status: 'passed', message: '' })
    const { lines, last, code } = await summary(`a:0:9:${died}`)
    expect(lines[0]).toBe('b.test.ts failed as a whole: it has no result')
    expect({ last, code }).toEqual({ last: '5 passed, 1 failed, 0 skipped', code: 1 })
  })

  it('is a failure when a check failed without a failed test', async () => {
    expect(await summary('check:1:25', `a:0:9:${report({ passed: 5 })}`)).toMatchObject({
      last: '5 passed, 1 failed, 0 skipped',
      code: 1,
    })
  })
})
