import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A temporary folder for one suite, and how to be rid of it. */
export async function temporaryFolder(name: string): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `opsee-${name}-`))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}
