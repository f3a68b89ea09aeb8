import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { anchorsIn, linksIn, pages, root, textOf } from './pages.ts'

const isOutside = (file: string): boolean => /^[a-z]+:/.test(file)

describe('The pages', () => {
  it('link to files and headings that are there', () => {
    const broken = pages().flatMap((page) =>
      linksIn(textOf(page)).flatMap(({ file, anchor }) => {
        if (isOutside(file)) return []
        const target = file === '' ? page : path.join(path.dirname(page), file)
        if (!existsSync(path.join(root, target))) return [`${page}: ${file}`]
        if (anchor === null || anchorsIn(textOf(target)).includes(anchor)) return []
        return [`${page}: ${file}#${anchor}`]
      }),
    )
    expect(broken).toEqual([])
  })

  it('link with the path from where they are, and name no place outside of the project', () => {
    const outside = pages().flatMap((page) =>
      linksIn(textOf(page))
        .filter(({ file }) => !isOutside(file) && file !== '')
        .filter(({ file }) => path.join(path.dirname(page), file).startsWith('..') || file.startsWith('/'))
        .map(({ file }) => `${page}: ${file}`),
    )
    expect(outside).toEqual([])
  })

  it('can all be reached from the README', () => {
    const seen = new Set<string>()
    const open = ['README.md']
    for (let page = open.pop(); page !== undefined; page = open.pop()) {
      if (seen.has(page)) continue
      seen.add(page)
      const from = path.dirname(page)
      open.push(...linksIn(textOf(page)).flatMap(({ file }) => (file.endsWith('.md') ? [path.join(from, file)] : [])))
    }
    expect(pages().filter((page) => !seen.has(page) && !page.startsWith('demo/'))).toEqual([])
  })
})

describe('The reader of links', () => {
  it('reads links, pictures and links with code in them, and leaves code alone', () => {
    const text = '[a](b.md) ![p](i.png) [`c`](d/e.ts#f) `[x](y.md)`\n```text\n[q](r.md)\n```\n'
    expect(linksIn(text)).toEqual([
      { file: 'b.md', anchor: null },
      { file: 'i.png', anchor: null },
      { file: 'd/e.ts', anchor: 'f' },
    ])
  })

  it('makes the anchors of headings as they are shown', () => {
    expect(anchorsIn('# A page\n## `Keys` in etcd, all\n')).toEqual(['a-page', 'keys-in-etcd-all'])
  })
})
