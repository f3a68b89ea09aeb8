import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

export const root = path.resolve(import.meta.dirname, '..', '..')

/** Paths, from the project's folder, of every page that a person may read first. */
export function pages(): readonly string[] {
  const below = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join('docs', name))
  const demo = ['demo/fleet/README.md', 'demo/shop/README.md']
  return ['README.md', 'CHANGELOG.md', ...demo, ...below].toSorted()
}

export const textOf = (page: string): string => readFileSync(path.join(root, page), 'utf8')

/** Targets of `[text](target)` and `![text](target)` outside of code, with the part behind `#`. */
export function linksIn(text: string): readonly { readonly file: string; readonly anchor: string | null }[] {
  const prose = text.replaceAll(/^```[^]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, 'code')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => {
    const [file = '', anchor] = target.split('#')
    return { file, anchor: anchor ?? null }
  })
}

/** The anchors that a page's headings make. */
export function anchorsIn(text: string): readonly string[] {
  return [...text.replaceAll(/^```[^]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} -]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
}
