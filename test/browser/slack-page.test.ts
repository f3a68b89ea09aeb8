import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recordsIn, type Records } from '../journeys/support/records.ts'
import { openShop, type Shop } from '../journeys/support/shop.ts'
import { expectToldOnce } from '../journeys/support/thread.ts'

const root = path.resolve(import.meta.dirname, '..', '..')
const minute = 60_000
/** A picture for the README is made only when asked for, so that a test run changes no file of the project. */
const readmePicture =
  process.env['OPSEE_README_PICTURE'] === '1' ? path.join(root, 'docs', 'images', 'deploy.png') : null

let shop: Shop
let records: Records
let browser: Browser
beforeAll(async () => {
  // A release that is not well is given up sooner than a person at the demo would see it.
  shop = await openShop({
    settings: { 'progressDeadline: 60s': 'progressDeadline: 40s', 'stuckAfter: 20s': 'stuckAfter: 10s' },
  })
  records = recordsIn(shop.etcdHttp)
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium',
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}, 400_000)
afterAll(async () => {
  await browser?.close()
  await shop?.close()
}, minute)

describe('a person at the page of the Slack', () => {
  it(
    'types `/opsee deploy api production`, opens the thread and reads it to its end',
    async () => {
      const page = await browser.newPage({ viewport: { width: 1280, height: 860 } })
      page.setDefaultTimeout(2 * minute)
      await page.goto(shop.slack.url)
      const composer = page.locator('.main .composer-input')
      await composer.fill('/opsee deploy api production')
      await composer.press('Enter')

      const message = page.locator('.main .msg', { hasText: 'Deploy bartnet production' })
      await message.waitFor()
      const abort = message.getByRole('button', { name: 'Abort' })
      await abort.waitFor()
      await message.locator('.thread-summary').click()
      const thread = page.locator('.thread-body')
      await thread.getByText('one at a time').waitFor()
      await thread.getByText('bartnet production succeeded').waitFor({ timeout: 8 * minute })
      // The root in the channel has been edited to its end, and its button is gone.
      await message.getByText('succeeded after').waitFor()
      expect(await abort.count()).toBe(0)
      expect(await message.innerText()).toContain('3 of 3 done')

      await records.told(1)
      await expectToldOnce(shop, records, 1)
      const text = await thread.innerText()
      for (const instance of ['bartnet@1', 'bartnet@2', 'bartnet@3']) expect(text).toContain(`: ${instance}`)
      // What local-slack cannot draw it shows as the block's name in brackets.
      expect(await page.locator('body').innerText()).not.toMatch(
        /\[(?:rich_text|markdown|table|plan|task_card|alert)\]/,
      )

      const results = path.join(root, 'test-results')
      await mkdir(results, { recursive: true })
      await page.screenshot({ path: path.join(results, 'slack-page.png') })
      if (readmePicture !== null) {
        await mkdir(path.dirname(readmePicture), { recursive: true })
        await page.screenshot({ path: readmePicture })
      }
    },
    12 * minute,
  )

  it(
    'deploys a release that is not well, and lets it be taken back at once',
    async () => {
      const page = await browser.newPage({ viewport: { width: 1280, height: 1100 } })
      page.setDefaultTimeout(2 * minute)
      await page.goto(shop.slack.url)
      const composer = page.locator('.main .composer-input')
      await composer.fill('/opsee deploy api production v3')
      await composer.press('Enter')

      const message = page
        .locator('.main .msg', { hasText: 'Deploy bartnet production' })
        .filter({ hasText: 'Rollout 2 ' })
      await message.waitFor()
      await message.locator('.thread-summary').click()
      const thread = page.locator('.thread-body')
      await thread.getByText('is moved to it first').waitFor()
      await message.getByRole('button', { name: 'Roll back now' }).click()
      await thread
        .getByText('failed and was rolled back. bartnet@1')
        .last()
        .waitFor({ timeout: 4 * minute })
      await message.getByText('failed and was rolled back after').first().waitFor()
      expect(await message.getByRole('button', { name: /back|Leave|Retry|Abort/ }).count()).toBe(0)

      const rollout = await records.told(2)
      expect(rollout.phase).toBe('rolled-back')
      const [first, ...others] = rollout.instances
      expect([first?.stage, ...others.map((one) => one.stage)]).toEqual(['done', 'kept', 'kept'])
      expect(new Set(rollout.instances.map((one) => one.runs))).toEqual(new Set([rollout.plan.rollback?.to.digest]))
      const text = await thread.innerText()
      expect(text).toContain('HTTP 503')
      expect(text).toContain('Rolling back to')
      expect(text).toContain('Migrations are not undone')
      await expectToldOnce(shop, records, 2)
      await page.screenshot({ path: path.join(root, 'test-results', 'rolled-back.png') })
    },
    8 * minute,
  )
})
