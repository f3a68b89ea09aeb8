import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeReport, type RunReport } from '../../chaos/report.ts'

const marker = '<!-- `npm run chaos -- --out docs/reliability.md` writes from here on: it adds a row for each run. -->'
const first: RunReport = {
  words: '--rounds 2 --seed 7',
  date: '2026-11-29',
  commit: 'abc1234',
  load: [1.2, 8.9],
  unplayed: 1,
  results: [
    {
      seed: 7,
      ms: 61_000,
      injected: [
        { what: 'fleetctl slow', detail: 'f1' },
        { what: 'fleetctl slow', detail: 'f2' },
      ],
      phases: ['succeeded', 'failed', 'succeeded'],
      renewals: 1,
      takeovers: 2,
      wrong: [],
    },
    {
      seed: 8,
      ms: 59_000,
      injected: [{ what: 'Slack answers with 429', detail: 'bot1' }],
      phases: [],
      renewals: 0,
      takeovers: 0,
      wrong: ['invariant 7: a | b', 'invariant 1: c'],
    },
  ],
}
const second: RunReport = {
  ...first,
  words: '--rounds 1 --seed 9',
  commit: null,
  unplayed: 0,
  results: first.results.slice(0, 1),
}

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'opsee-report-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('The report of the chaos runs', () => {
  it('adds a row for each run, and counts the faults of all runs together', () => {
    const file = path.join(folder, 'page.md')
    writeFileSync(file, `# A page\n\nIts text.\n\n${marker}\n`)
    writeReport(file, first)
    writeReport(file, second)
    expect(readFileSync(file, 'utf8')).toBe(`# A page

Its text.

${marker}

| run | commit | load | rounds | rollouts | lost |
| --- | --- | --- | --- | --- | --- |
| \`--rounds 2 --seed 7\`, 2026-11-29 | abc1234 | 1 to 9 | 2 in 2 min, and 1 that the machine was too slow to play | 3: 2 succeeded, 1 failed; 1 with a different release than before, 2 takeovers | seed 8: invariant 7: a / b · invariant 1: c |
| \`--rounds 1 --seed 9\`, 2026-11-29 | unknown | 1 to 9 | 1 in 1 min | 3: 2 succeeded, 1 failed; 1 with a different release than before, 2 takeovers | nothing |

| fault | times played |
| --- | ---: |
| fleetctl slow | 4 |
| Slack answers with 429 | 1 |
`)
  })

  it('reads its tables again after a formatter padded them', () => {
    const file = path.join(folder, 'page.md')
    writeFileSync(
      file,
      `${marker}\n\n| run        | commit |\n| ---------- | ------ |\n| \`earlier\` | a1     |\n\n| fault         | times played |\n| ------------- | -----------: |\n| fleetctl slow |            3 |\n`,
    )
    writeReport(file, second)
    const page = readFileSync(file, 'utf8')
    expect(page).toContain('| `earlier` | a1 |\n| `--rounds 1 --seed 9`')
    expect(page).toContain('| fleetctl slow | 5 |')
  })

  it('refuses a page that has no place for it', () => {
    const file = path.join(folder, 'page.md')
    writeFileSync(file, '# A page\n')
    expect(() => writeReport(file, first)).toThrow('has no place for a report')
  })
})
