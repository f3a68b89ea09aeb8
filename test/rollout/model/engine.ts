import { pathToFileURL } from 'node:url'
import path from 'node:path'
import * as ports from '../../../src/ports/store.ts'
import * as journal from '../../../src/rollout/journal.ts'
import * as planRollout from '../../../src/rollout/plan-rollout.ts'
import * as lineReader from '../../../src/rollout/line-reader.ts'
import * as supervise from '../../../src/rollout/supervise.ts'
import * as claimedWork from '../../../src/services/claimed-work.ts'

/** The engine under test: the project's own, or a copy that was broken on purpose. */
export type Engine = Pick<typeof claimedWork, 'claimWork'> &
  Pick<typeof supervise, 'rolloutWork'> &
  Pick<typeof journal, 'createJournal'> &
  Pick<typeof lineReader, 'createLineReader'> &
  Pick<typeof planRollout, 'planRollout'> &
  Pick<typeof ports, 'StoreUnavailable'>

export const ownEngine: Engine = { ...claimedWork, ...supervise, ...journal, ...lineReader, ...planRollout, ...ports }

/** The engine of a build in `dist` of another folder. */
export async function engineIn(folder: string): Promise<Engine> {
  const load = <T>(file: string): Promise<T> =>
    import(/* @vite-ignore */ pathToFileURL(path.join(folder, 'dist', 'src', file)).href)
  return {
    ...(await load<typeof claimedWork>('services/claimed-work.js')),
    ...(await load<typeof supervise>('rollout/supervise.js')),
    ...(await load<typeof journal>('rollout/journal.js')),
    ...(await load<typeof lineReader>('rollout/line-reader.js')),
    ...(await load<typeof planRollout>('rollout/plan-rollout.js')),
    ...(await load<typeof ports>('ports/store.js')),
  }
}
