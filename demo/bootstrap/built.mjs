import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const sources = ['src', 'commands', 'demo', 'bench', 'chaos']
const stamp = 'dist/.built-from'

/** A digest of all that the compiler reads, taken before it runs. */
export function sourceDigest(root) {
  const hash = createHash('sha256')
  const files = ['package-lock.json', 'tsconfig.json', ...sources.flatMap((folder) => sourceFiles(root, folder))]
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(root, file)))
      .update('\0')
  return hash.digest('hex')
}

/** Whether `dist` was built from exactly these sources. */
export const isBuilt = (root, digest) => readText(path.join(root, stamp)) === digest

/** True when `dist` was built from other sources than these. False where that is unknown, as without all the sources. */
export function isStale(root) {
  const built = readText(path.join(root, stamp))
  if (built === null || !['tsconfig.json', ...sources].every((name) => existsSync(path.join(root, name)))) return false
  return built !== sourceDigest(root)
}

/**
 * Says that `dist` is what these sources give. What was left by sources that are gone goes first: commands are found by
 * listing their folder, so that a removed one would live on.
 */
export function markBuilt(root, digest) {
  for (const folder of sources) prune(root, folder)
  writeFileSync(path.join(root, stamp), digest)
}

function prune(root, folder) {
  const output = path.join(root, 'dist', folder)
  if (!existsSync(output)) return
  for (const file of readdirSync(output, { recursive: true })) {
    const match = /^(.*)\.js(\.map)?$/.exec(file)
    if (match === null || existsSync(path.join(root, folder, `${match[1]}.ts`))) continue
    rmSync(path.join(output, file), { force: true })
  }
}

function sourceFiles(root, folder) {
  const absolute = path.join(root, folder)
  if (!existsSync(absolute)) return []
  return readdirSync(absolute, { recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(folder, file))
    .sort()
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
