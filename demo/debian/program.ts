import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * The path of a program that `find.mjs` of a folder of `demo/` finds. That file is not compiled, so it is loaded from the
 * project and not from beside this file's build.
 */
export async function programOf(folder: 'etcd' | 'registry'): Promise<string> {
  const root = await projectFolder(import.meta.dirname)
  const found: unknown = await import(pathToFileURL(join(root, 'demo', folder, 'find.mjs')).href)
  const [find] = typeof found === 'object' && found !== null ? Object.values(found) : []
  if (typeof find !== 'function') throw new Error(`demo/${folder}/find.mjs finds nothing`)
  return String(await find({ root, env: process.env }))
}

async function projectFolder(from: string): Promise<string> {
  for (let folder = from; ; folder = dirname(folder)) {
    const here = await access(join(folder, 'package.json')).then(
      () => true,
      () => false,
    )
    if (here) return folder
    if (dirname(folder) === folder) throw new Error(`no package.json above ${from}`)
  }
}
