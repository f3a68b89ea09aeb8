import { describe, expect, it } from 'vitest'
import { createRedact } from '../../src/config/redact.ts'
import { outputTail } from '../../src/rollout/output-tail.ts'

const tail = (output: string, cut = false) => outputTail({ output, cut }, createRedact(['hunter22']))

describe('What is shown of the output of a preparation', () => {
  it('is without colours, control characters and empty ends, and of a progress bar its last state', () => {
    const text = '\n\u001b[32mgreen\u001b[0m\r\n10%\r50%\r100%\nbell\u0007 \u202eback\n\n  indented\n\n'
    expect(tail(text)).toEqual({ lines: ['green', '100%', 'bell back', '', '  indented'], cut: false })
  })

  it('has no secret in it, not even one that is coloured in half', () => {
    expect(tail('password=hunter22 and hun\u001b[1mter22').lines).toEqual(['password=‹secret› and ‹secret›'])
  })

  it('is the last 20 lines, and says that it is cut', () => {
    const { lines, cut } = tail(Array.from({ length: 30 }, (_, index) => `line ${index}`).join('\n'))
    expect([lines[0], lines.at(-1), lines.length, cut]).toEqual(['line 10', 'line 29', 20, true])
  })

  it('fits into a message, however long its lines are, and however they are escaped', () => {
    const { lines, cut } = tail(Array.from({ length: 20 }, () => '&'.repeat(5000)).join('\n'))
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.join('\n').replaceAll('&', '&amp;').length).toBeLessThanOrEqual(2500)
    expect(cut).toBe(true)
  })

  it('is nothing where nothing was written, and cut where more was written than was kept', () => {
    expect(tail(' \n\n')).toEqual({ lines: [], cut: false })
    expect(tail('the end\n', true)).toEqual({ lines: ['the end'], cut: true })
  })
})
