import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The path of a built file of the stand-in fleet, whether this runs from source or from `dist`. The stand-in's programs
 * are always run built: they start faster, and no test needs a loader for them.
 */
export function builtFile(name: string): string {
  const here = dirname(fileURLToPath(import.meta.url))
  const candidates = [join(here, name), join(here, '..', '..', 'dist', 'demo', 'fleet', name)]
  const found = candidates.find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new Error(`the stand-in fleet is not built: ${candidates.join(' or ')} is missing; run \`npm run build\` first`)
}
