import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { RoundResult } from './round.ts'
import type { ChaosWorld } from './world/world.ts'

/** A folder with everything that the checker saw, and the bots' logs, for whoever looks after it. Returns its path. */
export async function keepEvidence(
  world: ChaosWorld,
  { seed, wrong, injected, evidence }: RoundResult,
): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), `opsee-chaos-seed-${seed}-`))
  const write = (name: string, value: unknown): void =>
    writeFileSync(path.join(folder, name), JSON.stringify(value, null, 1))
  write('wrong.json', { seed, wrong, injected, homes: [...evidence.homes], named: [...evidence.named] })
  for (const part of ['changes', 'fleet', 'asked', 'said', 'messages', 'typed'] as const)
    write(`${part}.json`, evidence[part])
  await world.copyLogs(folder)
  return folder
}
