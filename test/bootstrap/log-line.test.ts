import { expect, it } from 'vitest'
import { logLineText } from '../../demo/demo/log-line.ts'

it('A line of the bot’s log is shown in words, and another line as it is', () => {
  const line = { level: 40, time: '2026-11-29T15:04:05.123Z', msg: 'Slack is away', err: { message: 'refused\nat x' } }
  expect(logLineText(JSON.stringify(line))).toBe('15:04:05 warning: Slack is away (refused)')
  expect(logLineText(JSON.stringify({ ...line, level: 30, err: undefined }))).toBe('15:04:05 info: Slack is away')
  expect(logLineText('opsee cannot start:')).toBe('opsee cannot start:')
})
