import { describe, expect, it } from 'vitest'
import { importsOf, readImports, sourceFiles, type Import } from './imports.ts'
import { breach } from './layers.ts'

const files = sourceFiles('src', 'commands')
const own = (from: string, to: string, typeOnly = false): Import => ({ from, to, kind: 'own', typeOnly })

describe('The direction of imports', () => {
  it('goes from the outside to the inside, and to the composition root from nowhere', () => {
    expect(files.length).toBeGreaterThan(0)
    expect(
      files
        .flatMap(importsOf)
        .map(breach)
        .filter((text) => text !== null),
    ).toEqual([])
  })

  it('is broken by a command that reaches for an adapter, a service or the door', () => {
    expect(breach(own('commands/deploy.ts', 'src/adapters/etcd/store.ts'))).toContain('commands may import')
    expect(breach(own('commands/deploy.ts', 'src/services/locks.ts'))).not.toBeNull()
    expect(breach(own('commands/deploy.ts', 'src/authorization/door.ts'))).not.toBeNull()
    expect(breach(own('commands/deploy.ts', 'src/services/capabilities.ts', true))).toBeNull()
  })

  it('is broken by an engine that speaks to the chat and by an adapter beside another', () => {
    expect(breach(own('src/rollout/driver.ts', 'src/narrator/narrate.ts'))).not.toBeNull()
    expect(breach(own('src/adapters/slack/app.ts', 'src/adapters/etcd/store.ts'))).not.toBeNull()
    expect(breach(own('src/rollout/driver.ts', 'src/main.ts'))).not.toBeNull()
  })

  it('is broken by a package outside its home', () => {
    const etcd3: Import = { from: 'src/store/record.ts', to: 'etcd3', kind: 'package', typeOnly: true }
    expect(breach(etcd3)).toContain('only src/adapters/etcd may')
    expect(breach({ ...etcd3, from: 'src/adapters/etcd/store.ts' })).toBeNull()
    expect(breach({ ...etcd3, from: 'src/elsewhere/store.ts' })).toContain('no known folder')
  })
})

describe('The reader of imports', () => {
  const read = (text: string): string[] =>
    readImports('src/a/b.ts', text).map(({ to, typeOnly }) => (typeOnly ? `type ${to}` : to))

  it('finds every kind of import', () => {
    const text = `import fs from 'node:fs'
import { a, type B } from '../c/d.ts'
import {
  type X,
  type Y,
} from "./types.ts"
import type { T } from '../t.ts'
import * as all from '@slack/web-api/dist/x'
import './effect.ts'; export { z } from './z.ts'
export * from './star.ts'
export type { Q } from './q.ts'
import type from './named-type.ts'
const lazy = await import('../lazy.ts')`
    expect(read(text).toSorted()).toEqual(
      [
        'node:fs',
        'src/c/d.ts',
        'type src/a/types.ts',
        'type src/t.ts',
        '@slack/web-api',
        'src/a/effect.ts',
        'src/a/z.ts',
        'src/a/star.ts',
        'type src/a/q.ts',
        'src/a/named-type.ts',
        'src/lazy.ts',
      ].toSorted(),
    )
  })

  it('is not misled by comments, strings and exported values', () => {
    const text = `// import a from './comment.ts'
/* export * from './block.ts' */
const text = \`
import b from './template.ts'\`
export const c = 'from ./value.ts'
export const d = { import: 'x', from: './object.ts' }
export function e(from = './default.ts') {}
const url = 'http://x' // import('./later.ts')`
    expect(read(text)).toEqual([])
  })
})
