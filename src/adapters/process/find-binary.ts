import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'

export type BinaryLookup =
  { readonly kind: 'found'; readonly path: string } | { readonly kind: 'not-found'; readonly message: string }

/**
 * Absolute path of an executable: a name with a slash is a path, a bare name is looked up in `searchPath`. Never rejects;
 * the message says what was looked for, why it will not do, and `advice`: what to set, as a sentence.
 */
export async function findBinary(name: string, searchPath: string, advice: string): Promise<BinaryLookup> {
  if (name.includes('/')) return examine(resolve(name), advice)
  let unusable: string | null = null
  for (const folder of searchPath.split(delimiter).filter(Boolean)) {
    const looked = await examine(resolve(join(folder, name)), advice)
    if (looked.kind === 'found') return looked
    if (!looked.absent) unusable ??= looked.message
  }
  const message = `${name} was not found in PATH (${searchPath}). ${advice}`
  return { kind: 'not-found', message: unusable ?? message }
}

async function examine(
  path: string,
  advice: string,
): Promise<
  | { readonly kind: 'found'; readonly path: string }
  | { readonly kind: 'not-found'; readonly absent: boolean; readonly message: string }
> {
  const no = (absent: boolean, message: string) => ({ kind: 'not-found' as const, absent, message })
  try {
    if (!(await stat(path)).isFile()) return no(false, `${path} is not a file. ${advice}`)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return no(true, `${path} does not exist. ${advice}`)
    return no(false, `${path} cannot be read (${code}). ${advice}`)
  }
  try {
    await access(path, constants.X_OK)
    return { kind: 'found', path }
  } catch (error) {
    return no(false, `${path} may not be executed by this user (${codeOf(error)}): chmod +x it. ${advice}`)
  }
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error)
}
