import { describe, expect, test } from 'vitest'
import { replay } from './replay.ts'
import { SCENARIOS } from './scenarios.ts'
import { readTranscripts } from './transcript.ts'

const transcripts = readTranscripts()

test('every recorded scenario is replayed or left out with a reason', () => {
  expect(Object.keys(SCENARIOS).sort()).toEqual([...transcripts.keys()].sort())
})

const replayed = Object.entries(SCENARIOS).flatMap(([name, scenario]) =>
  scenario.kind === 'replayed' ? [{ name, scenario }] : [],
)

describe.concurrent('the stand-in says and does what the real fleetctl 1.0.0 was recorded to say and do', () => {
  // What a call prints can hang on a tenth of a second, in the recording too: the recorded outcome must be one that comes.
  test.for(replayed)('$name', { timeout: 170_000, retry: 2 }, async ({ name, scenario }, { expect }) => {
    const before = scenario.continues === undefined ? [] : (transcripts.get(scenario.continues) ?? [])
    expect(await replay(before, transcripts.get(name) ?? [], scenario)).toEqual([])
  })
})
