import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Bot } from '../../demo/demo/bot.ts'
import { keepBot, pidFileOf } from '../../demo/demo/kept-bot.ts'
import { temporaryFolder } from './support.ts'

let dir = ''
let bot: Bot | null = null
const told: { readonly text: string; readonly pid: number | null }[] = []
const watched = new Set<number>()

beforeEach(() => {
  dir = temporaryFolder()
  told.length = 0
  watched.clear()
})
afterEach(async () => {
  await bot?.stop()
  rmSync(dir, { recursive: true, force: true })
})

/** Keeps a program in the place of the bot, as the Procfile of this folder names it. */
function keep(program: string): Bot {
  writeFileSync(path.join(dir, 'Procfile'), 'bot: node bot.js\n')
  writeFileSync(path.join(dir, 'bot.js'), program)
  bot = keepBot(
    { root: dir, dir, config: 'opsee.yaml', secrets: {} },
    {
      tell: (text, pid) => void told.push({ text, pid }),
      watchdog: { process: (pid) => void watched.add(pid), forget: (pid) => void watched.delete(pid) },
    },
  )
  return bot
}

const live =
  'console.log(JSON.stringify({ level: 30, time: "2026-11-29T15:04:05Z", msg: "up" })); setInterval(() => {}, 1000)'

describe('The demo’s bot', () => {
  it('is started again after a SIGKILL, with lines that say so', async () => {
    const kept = keep(live)
    const first = kept.pid
    expect(Number(readFileSync(pidFileOf(dir), 'utf8'))).toBe(first)
    process.kill(first, 'SIGKILL')
    await expect.poll(() => told.length, { timeout: 20_000 }).toBe(2)
    expect(told[0]?.text).toContain(`The bot, process ${first}, is gone (SIGKILL). The demo starts it again.`)
    expect(told[1]?.text).toContain(`The bot runs again as process ${kept.pid}.`)
    expect(kept.pid).not.toBe(first)
    expect(Number(readFileSync(pidFileOf(dir), 'utf8'))).toBe(kept.pid)
    expect([...watched]).toEqual([kept.pid])
    expect(kept.ended()).toBeNull()
  })

  it('is not started again when the demo stops it', async () => {
    const kept = keep(live)
    await kept.stop()
    expect(told).toEqual([])
    expect([...watched]).toEqual([])
  })

  it('is given up after three starts that failed, with its last log lines in words', async () => {
    const kept = keep(
      'console.log(JSON.stringify({ level: 50, time: "2026-11-29T15:04:05Z", msg: "no etcd" })); process.exit(1)',
    )
    await expect.poll(() => kept.ended(), { timeout: 25_000 }).not.toBeNull()
    expect(kept.ended()).toBe('The bot ended (exit code 1). Its last log lines:\n\n15:04:05 error: no etcd')
    expect(told.filter(({ pid }) => pid !== null)).toHaveLength(2)
  })
})
