import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bootstrap, runModule, runNode, smallCheckout } from './support.ts'

let folder = ''
beforeEach(() => {
  folder = smallCheckout()
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const build = () => runNode([path.join(folder, 'demo', 'bootstrap', 'build.mjs')])
const runs = (): number => readFileSync(path.join(folder, 'runs.txt'), 'utf8').split('\n').length - 1
const write = (file: string, text: string): void => writeFileSync(path.join(folder, file), text)

async function whyInstall(): Promise<string> {
  const text = `const { whyInstall } = await import(process.argv[1]); console.log(whyInstall(process.argv[2]))`
  return (await runModule(text, [path.join(bootstrap, 'installed.mjs'), folder])).stdout.trim()
}

describe('A build', () => {
  it('is made once for the same sources, also when two ask for it at once', async () => {
    const ended = await Promise.all([build(), build()])
    expect(ended.map(({ code }) => code)).toEqual([0, 0])
    expect(readFileSync(path.join(folder, 'dist/src/main.js'), 'utf8')).toBe('export {}')
    expect(runs()).toBe(1)
    expect(await build()).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(runs()).toBe(1)
  })

  it('is made again after a change, and without what was removed', async () => {
    write('src/old.ts', '')
    await build()
    write('dist/src/old.js', '')
    rmSync(path.join(folder, 'src/old.ts'))
    write('src/main.ts', 'export const x = 1')
    expect(await build()).toMatchObject({ code: 0 })
    expect(runs()).toBe(2)
    expect(existsSync(path.join(folder, 'dist/src/old.js'))).toBe(false)
    expect(existsSync(path.join(folder, 'dist/src/main.js'))).toBe(true)
  })

  it('that fails says why and what to do, and is tried again', async () => {
    write('src/main.ts', 'broken')
    const { code, stderr } = await build()
    expect(code).toBe(1)
    expect(stderr).toContain('error TS1005: it is broken')
    expect(stderr).toContain('type the same command again')
    write('src/main.ts', 'export {}')
    expect(await build()).toMatchObject({ code: 0 })
  })
})

describe('Packages', () => {
  const lockOf = (packages: object): void => write('package-lock.json', JSON.stringify({ packages }))
  const installed = { version: '1.0.0', integrity: 'sha512-a' }

  it('that are as the lock file says are left alone', async () => {
    expect(await whyInstall()).toBe('null')
  })

  it('are installed when nothing is there, something is missing or of another version', async () => {
    lockOf({ '': {}, 'node_modules/typescript': installed, 'node_modules/a/node_modules/@b/c': installed })
    expect(await whyInstall()).toBe('@b/c is missing')
    lockOf({ '': {}, 'node_modules/typescript': { ...installed, version: '2.0.0' } })
    expect(await whyInstall()).toBe('typescript is 1.0.0, wanted is 2.0.0')
    lockOf({ '': {}, 'node_modules/typescript': installed })
    rmSync(path.join(folder, 'node_modules/typescript'), { recursive: true })
    expect(await whyInstall()).toBe('typescript is missing')
    rmSync(path.join(folder, 'node_modules'), { recursive: true })
    expect(await whyInstall()).toBe('nothing is installed yet')
  })

  it('of other platforms are not waited for, but our own optional ones are', async () => {
    const own = { optionalDependencies: { 'local-slack-here': '1.0.0', 'local-slack-there': '1.0.0' } }
    const optional = { ...installed, optional: true }
    const other = { ...optional, os: ['none'] }
    lockOf({
      '': own,
      'node_modules/typescript': installed,
      'node_modules/x': optional,
      'node_modules/local-slack-there': other,
    })
    expect(await whyInstall()).toBe('null')
    lockOf({ '': own, 'node_modules/local-slack-here': optional })
    expect(await whyInstall()).toBe('local-slack-here is missing')
  })
})

describe('Node', () => {
  it('is refused by its version, with what to do', async () => {
    const text = `const { refuseNode } = await import(process.argv[1])
console.log(JSON.stringify(process.argv.slice(2).map(refuseNode)))`
    const versions = ['20.19.0', '24.0.0', '20.18.3', '18.20.4']
    const { stdout } = await runModule(text, [path.join(bootstrap, 'node-version.mjs'), ...versions])
    const refused = expect.stringContaining('Install a newer Node')
    expect(JSON.parse(stdout)).toEqual([null, null, refused, refused])
  })
})
