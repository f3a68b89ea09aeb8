// Finds an etcd server, or unpacks Debian's below the project. Plain JavaScript: it runs before anything is built.
import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const PACKAGE = 'etcd-server'
/** A mirror that hangs must not hang the demo. */
const APT_MS = 180_000

/**
 * The path of an etcd server: `ETCD_BIN`, then `etcd` on the PATH, then the usual place, then `.cache/etcd` of the
 * project; else Debian's package is downloaded and unpacked there, which needs no root and starts no service.
 *
 * @param {{ root: string, env: Readonly<Record<string, string | undefined>>, say?: (line: string) => void }} options
 *   `root` is the project's folder.
 * @returns {Promise<string>} Rejects with an Error that says what to install.
 */
export async function findEtcd({ root, env, say = () => {} }) {
  const named = env['ETCD_BIN']
  if (named !== undefined && named !== '') {
    if (await isExecutable(named)) return named
    throw new Error(`ETCD_BIN is ${named}, which is no executable file\n\nGive the path of an etcd server, or unset it`)
  }
  const cached = join(root, '.cache', 'etcd', 'usr', 'bin', 'etcd')
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const known = [...folders.map((folder) => join(folder, 'etcd')), '/usr/bin/etcd', cached]
  for (const path of known) if (await isExecutable(path)) return path

  if (!(await onPath('apt-get', folders)) || !(await onPath('dpkg', folders))) {
    throw new Error('no etcd server found\n\nInstall etcd 3.4 or newer, or set ETCD_BIN to one')
  }
  say(`unpacking Debian's ${PACKAGE} into .cache/etcd`)
  await unpack(join(root, '.cache'), env)
  if (await isExecutable(cached)) return cached
  throw new Error(`${PACKAGE} holds no usr/bin/etcd\n\nInstall etcd 3.4 or newer, or set ETCD_BIN to one`)
}

/** @param {string} cache @param {Readonly<Record<string, string | undefined>>} env */
async function unpack(cache, env) {
  await mkdir(cache, { recursive: true })
  const work = await mkdtemp(join(cache, 'etcd-'))
  try {
    const tree = join(work, 'tree')
    const deb = await download(work, env)
    await run('dpkg', ['-x', deb, tree], { env, timeout: APT_MS })
    // Another process may have been faster; its tree is as good.
    await rename(tree, join(cache, 'etcd')).catch(() => {})
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/**
 * First with the machine's package lists; where they are missing or stale, with lists of our own.
 *
 * @param {string} work @param {Readonly<Record<string, string | undefined>>} env
 */
async function download(work, env) {
  const options = { cwd: work, env, timeout: APT_MS }
  try {
    await run('apt-get', ['download', PACKAGE], options)
  } catch {
    await mkdir(join(work, 'lists', 'partial'), { recursive: true })
    await mkdir(join(work, 'archives', 'partial'), { recursive: true })
    const own = [
      `-oDir::State::Lists=${join(work, 'lists')}`,
      `-oDir::Cache=${work}`,
      '-oDir::Cache::archives=archives',
      // As root, apt would fetch as a user who cannot write here.
      '-oAPT::Sandbox::User=',
    ]
    try {
      await run('apt-get', [...own, 'update'], options)
      await run('apt-get', [...own, 'download', PACKAGE], options)
    } catch (error) {
      const detail = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error)
      throw new Error(
        `apt-get could not download ${PACKAGE}: install etcd 3.4 or newer, or set ETCD_BIN to one\n\n${detail}`,
        { cause: error },
      )
    }
  }
  const deb = (await readdir(work)).find((name) => name.endsWith('.deb'))
  if (deb === undefined) throw new Error(`apt-get downloaded no ${PACKAGE}\n\nInstall etcd, or set ETCD_BIN to one`)
  return join(work, deb)
}

/** @param {string} name @param {readonly string[]} folders */
async function onPath(name, folders) {
  for (const folder of folders) if (await isExecutable(join(folder, name))) return true
  return false
}

/** @param {string} path */
async function isExecutable(path) {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

// `node demo/etcd/find.mjs` prints the path.
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = join(import.meta.dirname, '..', '..')
  try {
    console.log(await findEtcd({ root, env: process.env, say: (line) => console.error(line) }))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
