import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Another text in place of one of the build's own; `file` is below `dist/src`. */
export interface Edit {
  readonly file: string
  readonly from: string
  readonly to: string
}

/**
 * A copy of the bot's build in a folder of its own, with some of its text exchanged. Throws when a text does not stand
 * there exactly once: then the code has changed, and the mutation must be thought of anew.
 */
export function makeMutant(root: string, edits: readonly Edit[]): { readonly root: string; remove(): void } {
  const copy = mkdtempSync(path.join(tmpdir(), 'opsee-mutant-'))
  const dist = path.join(copy, 'dist')
  for (const folder of ['src', 'commands']) {
    cpSync(path.join(root, 'dist', folder), path.join(dist, folder), { recursive: true })
  }
  for (const file of ['package.json', 'Procfile']) cpSync(path.join(root, file), path.join(copy, file))
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'))
  try {
    for (const edit of edits) apply(path.join(dist, 'src', edit.file), edit)
  } catch (error) {
    rmSync(copy, { recursive: true })
    throw error
  }
  return { root: copy, remove: () => rmSync(copy, { recursive: true }) }
}

function apply(path: string, { file, from, to }: Edit): void {
  const text = readFileSync(path, 'utf8')
  const times = text.split(from).length - 1
  if (times !== 1)
    throw new Error(`dist/src/${file} has this text ${times} times, and a mutation needs it once:\n${from}`)
  writeFileSync(
    path,
    text.replace(from, () => to),
  )
}
