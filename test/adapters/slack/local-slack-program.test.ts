import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { findLocalSlack } from '../../../demo/slack/find.ts'
import { startLocalSlack } from '../../../demo/slack/start.ts'

// A temporary folder of this file's own: others start local-slack at the same time.
let own: string
beforeAll(() => {
  own = mkdtempSync(join(tmpdir(), 'opsee-test-'))
  vi.stubEnv('TMPDIR', own)
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(own, { recursive: true, force: true })
})

describe('local-slack', () => {
  test('a named program is taken, and a wrong one is named', () => {
    expect(findLocalSlack({ LOCAL_SLACK_BIN: process.execPath })).toBe(process.execPath)
    expect(() => findLocalSlack({ LOCAL_SLACK_BIN: '/no/such' })).toThrow(/LOCAL_SLACK_BIN is \/no\/such/)
  })

  test('a program that ends at once says what it printed, and leaves nothing', async () => {
    const starting = startLocalSlack({ env: { LOCAL_SLACK_BIN: process.execPath } })
    await expect(starting).rejects.toThrow(/local-slack ended before it was ready\n\n.*bad option: --config/s)
    expect(readdirSync(own)).toEqual([])
  })

  test('the end leaves no process and no file, and may be asked for twice', async () => {
    const slack = await startLocalSlack()
    const { pid } = slack
    expect(existsSync(`/proc/${pid}`) || process.platform !== 'linux').toBe(true)
    await slack.stop()
    await slack.stop()
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect(readdirSync(own)).toEqual([])
  })

  test('a button that is not there is named with those that are', async () => {
    const slack = await startLocalSlack()
    try {
      const said = await slack.say('U0ALICE', 'C0DEPLOYS', 'no buttons')
      await expect(slack.click('U0ALICE', 'C0DEPLOYS', said.ts, 'Abort')).rejects.toThrow(/no button "Abort".*none/)
    } finally {
      await slack.stop()
    }
  })
})
