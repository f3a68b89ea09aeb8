// Finds an etcd server, or unpacks Debian's below the project. Plain JavaScript: it runs before anything is built.
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { unpackDebian } from './unpack-debian.mjs'

const PACKAGE = 'etcd-server'
const ADVICE = 'install etcd 3.4 or newer, or set ETCD_BIN to one'

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
  await unpackDebian({ package: PACKAGE, into: join(root, '.cache', 'etcd'), env, advice: ADVICE })
  if (await isExecutable(cached)) return cached
  throw new Error(`${PACKAGE} holds no usr/bin/etcd\n\nInstall etcd 3.4 or newer, or set ETCD_BIN to one`)
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
