import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { root, runNode, temporaryFolder } from './support.ts'

let folder = ''
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function report(
  numbers: { passed?: number; failed?: number; pending?: number; todo?: number },
  broken = false,
): string {
  const { passed = 0, failed = 0, pending = 0, todo = 0 } = numbers
  const file = path.join(folder, `${passed}-${failed}-${pending}-${todo}-${broken}.json`)
  const testResults = broken
    ? [{ name: 'a.test.ts', status: 'failed', message: 'no module', assertionResults: [] }]
    : []
  writeFileSync(
    file,
    JSON.stringify({
      numTotalTests: passed + failed + pending + todo,
      numPassedTests: passed,
      numFailedTests: failed,
      numPendingTests: pending,
      numTodoTests: todo,
      testResults,
    }),
  )
  return file
}

async function summary(...args: readonly string[]): Promise<{ last: string | undefined; code: number | null }> {
  const { stdout, code } = await runNode([path.join(root, '.ci', 'summary.mjs'), ...args])
  return { last: stdout.trimEnd().split('\n').at(-1), code }
}

describe('The last line of CI', () => {
  it('adds up what ran', async () => {
    const args = ['check:0', `a:0:${report({ passed: 5 })}`, `b:0:${report({ passed: 2 })}`]
    expect(await summary(...args)).toEqual({ last: '7 passed, 0 failed, 0 skipped', code: 0 })
  })

  it('is a failure when a test failed, was skipped or is still to be written', async () => {
    expect(await summary(`a:1:${report({ passed: 5, failed: 1 })}`)).toEqual({
      last: '5 passed, 1 failed, 0 skipped',
      code: 1,
    })
    expect(await summary(`a:0:${report({ passed: 5, pending: 1, todo: 1 })}`)).toEqual({
      last: '5 passed, 0 failed, 2 skipped',
      code: 1,
    })
  })

  it('is a failure when a file could not be loaded, nothing ran, or the report is not there', async () => {
    expect(await summary(`a:0:${report({ passed: 5 }, true)}`)).toMatchObject({ last: '5 passed, 1 failed, 0 skipped' })
    expect(await summary(`a:0:${report({})}`)).toMatchObject({ last: '0 passed, 1 failed, 0 skipped', code: 1 })
    expect(await summary(`a:0:${path.join(folder, 'none.json')}`)).toMatchObject({ code: 1 })
  })

  it('is a failure when a check failed without a failed test', async () => {
    expect(await summary('check:1', `a:0:${report({ passed: 5 })}`)).toEqual({
      last: '5 passed, 1 failed, 0 skipped',
      code: 1,
    })
  })
})
