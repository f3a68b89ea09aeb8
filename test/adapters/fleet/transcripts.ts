import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** One run of the real fleetctl 1.0.0, byte for byte. */
const runSchema = z.strictObject({
  scenario: z.string(),
  step: z.number(),
  args: z.array(z.string()).readonly(),
  /** Null: it was killed after a time limit. */
  rc: z.number().nullable(),
  stdout: z.string(),
  stderr: z.string(),
})

export type Run = z.infer<typeof runSchema>

const load = (name: string): readonly Run[] =>
  z.array(runSchema).parse(JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8')))

/** Each different answer of a list that was seen. */
export const listRuns = load('lists')
/** Each different kind of answer of `start` and `stop` that was seen. */
export const callRuns = load('calls')

const sampleArgs = 'list-units --no-legend --full --fields unit,machine,load,active,sub,hash'
/** Answers of `list-units` with the very fields that Opsee asks for. */
export const unitSamples = listRuns.filter((run) => run.rc === 0 && run.args.join(' ') === sampleArgs)

export function runAt(runs: readonly Run[], scenario: string, step: number): Run {
  const run = runs.find((run) => run.scenario === scenario && run.step === step)
  if (run === undefined) throw new Error(`No fixture ${scenario} step ${step}: generate it from the transcripts`)
  return run
}
