import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** One import of one file. `to` is a path from the project's folder for a file of ours, else the package's name. */
export interface Import {
  readonly from: string
  readonly to: string
  readonly kind: 'own' | 'package' | 'builtin'
  /** `import type`, or only `type` names: gone when it runs. */
  readonly typeOnly: boolean
}

export const root = path.resolve(import.meta.dirname, '..', '..')

/** Every TypeScript file below the folders, as paths from the project's folder. */
export function sourceFiles(...folders: readonly string[]): string[] {
  return folders
    .filter((folder) => existsSync(path.join(root, folder)))
    .flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
        path.join(folder, file),
      ),
    )
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .sort()
}

export const importsOf = (file: string): Import[] => readImports(file, readFileSync(path.join(root, file), 'utf8'))

/** The imports of a text, `import()` and re-exports too; what stands in comments and strings is no import. */
export function readImports(file: string, text: string): Import[] {
  const code = withoutComments(text)
  const found: Import[] = []
  const statement =
    /(?:^|[\n;}])\s*(?:import|export)(?!\s*\()\s*(type\b(?!\s*from\b))?([^'"`;]*?)(?:\bfrom\s*)?(['"])([^'"\n]+)\3/g
  for (const [, type, names = '', , to = ''] of code.matchAll(statement)) {
    // `export const x = '…'` has a string and no clause.
    if (!/^\s*(?:$|[\w$*{])/.test(names) || /=|\b(?:const|let|function|class|interface|enum)\b/.test(names)) continue
    found.push(importOf(file, to, type !== undefined || onlyTypes(names)))
  }
  for (const [, , to = ''] of code.matchAll(/\bimport\s*\(\s*(['"])([^'"\n]+)\1/g))
    found.push(importOf(file, to, false))
  return found
}

function importOf(from: string, to: string, typeOnly: boolean): Import {
  if (to.startsWith('.')) return { from, to: path.join(path.dirname(from), to), kind: 'own', typeOnly }
  if (to.startsWith('node:')) return { from, to, kind: 'builtin', typeOnly }
  const [scope = '', name = ''] = to.split('/')
  return { from, to: scope.startsWith('@') ? `${scope}/${name}` : scope, kind: 'package', typeOnly }
}

function onlyTypes(names: string): boolean {
  const braces = /^\s*\{([^}]*)\}\s*$/.exec(names)?.[1]
  if (braces === undefined) return false
  const list = braces
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  return list.length > 0 && list.every((name) => name.startsWith('type '))
}

// One pass over strings and comments together, so that neither is looked for inside the other.
function withoutComments(text: string): string {
  return text.replaceAll(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g,
    (token) => {
      if (token.startsWith('/')) return ' '
      return token.startsWith('`') ? '``' : token
    },
  )
}
