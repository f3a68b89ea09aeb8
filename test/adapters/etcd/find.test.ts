import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const run = promisify(execFile)
const script = join(import.meta.dirname, '..', '..', '..', 'demo', 'etcd', 'find.mjs')
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'opsee-find-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** As a person runs it, with nothing but these variables. */
const find = (env: Record<string, string>) => run(process.execPath, [script], { env, timeout: 20_000 })

describe('finding etcd', () => {
  test('ETCD_BIN wins over everything', async () => {
    const { stdout } = await find({ ETCD_BIN: process.execPath, PATH: folder })
    expect(stdout.trim()).toBe(process.execPath)
  })

  test('an ETCD_BIN that cannot be run is refused by name, and not passed over', async () => {
    await expect(find({ ETCD_BIN: join(folder, 'none') })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/ETCD_BIN is .*none, which is no executable file/),
    })
  })

  test('an etcd on the PATH is taken next', async () => {
    const bin = join(folder, 'bin')
    await mkdir(bin)
    await symlink(process.execPath, join(bin, 'etcd'))
    const { stdout } = await find({ PATH: `/nowhere:${bin}` })
    expect(stdout.trim()).toBe(join(bin, 'etcd'))
  })
})
