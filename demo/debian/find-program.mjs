// Finds a program, or unpacks Debian's package of it below the project. Plain JavaScript: it runs before anything is built.
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { unpackDebian } from './unpack.mjs'

/**
 * @typedef {object} Wanted
 * @property {string} what As people call it: `etcd server`.
 * @property {string} variable The environment variable that names the program's file.
 * @property {readonly string[]} names Its names on the PATH.
 * @property {string} package Debian's package of it.
 * @property {string} folder Where that is unpacked, below `.cache` of the project.
 * @property {string} file Where the program is in the package.
 * @property {string} advice What to install where there is no Debian.
 */

/**
 * The path of a program: what the variable names, then a name on the PATH, then the package's usual place, then the same in
 * `.cache` of the project; else Debian's package is downloaded and unpacked there, which needs no root and starts no service.
 *
 * @param {{ root: string, env: Readonly<Record<string, string | undefined>>, say?: (line: string) => void }} options
 *   `root` is the project's folder.
 * @param {Wanted} wanted
 * @returns {Promise<string>} Rejects with an Error that says what to install.
 */
export async function findProgram({ root, env, say = () => {} }, wanted) {
  const { what, variable, names, folder, file, advice } = wanted
  const instead = `${advice}, or set ${variable} to one`
  const named = env[variable]
  if (named !== undefined && named !== '') {
    if (await isExecutable(named)) return named
    throw new Error(`${variable} is ${named}, which is no executable file\n\nGive the path of an ${what}, or unset it`)
  }
  const into = join(root, '.cache', folder)
  const cached = join(into, file)
  const folders = (env['PATH'] ?? '').split(delimiter).filter((one) => one !== '')
  const onPath = names.flatMap((name) => folders.map((one) => join(one, name)))
  for (const path of [...onPath, join('/', file), cached]) if (await isExecutable(path)) return path

  if (!(await isOnPath('apt-get', folders)) || !(await isOnPath('dpkg', folders))) {
    throw new Error(`no ${what} found\n\n${capital(instead)}`)
  }
  say(`unpacking Debian's ${wanted.package} into .cache/${folder}`)
  await unpackDebian({ package: wanted.package, into, env, advice: instead })
  if (await isExecutable(cached)) return cached
  throw new Error(`${wanted.package} holds no ${file}\n\n${capital(instead)}`)
}

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1)

/** @param {string} name @param {readonly string[]} folders */
async function isOnPath(name, folders) {
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

/**
 * Prints what `find` finds, for `node demo/…/find.mjs`.
 *
 * @param {(options: Parameters<typeof findProgram>[0]) => Promise<string>} find
 */
export async function printProgram(find) {
  try {
    const root = join(import.meta.dirname, '..', '..')
    console.log(await find({ root, env: process.env, say: (line) => console.error(line) }))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
