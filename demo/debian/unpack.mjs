// Downloads one of Debian's packages and unpacks it: no root is needed, and nothing is installed or started.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** A mirror that hangs must not hang the demo. */
const APT_MS = 180_000

/**
 * @typedef {{ package: string, into: string, env: Readonly<Record<string, string | undefined>>, advice: string }} Wanted
 *   `into` is the folder that holds the package's tree afterwards; `advice` says what to do where it cannot be had.
 */

/**
 * @param {Wanted} wanted
 * @returns {Promise<void>} Rejects with an Error that gives the advice.
 */
export async function unpackDebian(wanted) {
  const folder = dirname(wanted.into)
  await mkdir(folder, { recursive: true })
  const work = await mkdtemp(join(folder, `${basename(wanted.into)}-`))
  try {
    const tree = join(work, 'tree')
    const deb = await download(work, wanted)
    await run('dpkg', ['-x', deb, tree], { env: wanted.env, timeout: APT_MS })
    // Another process may have been faster; its tree is as good.
    await rename(tree, wanted.into).catch(() => {})
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/**
 * First with the machine's package lists; where they are missing or stale, with lists of our own.
 *
 * @param {string} work @param {Wanted} wanted
 */
async function download(work, { package: name, env, advice }) {
  const options = { cwd: work, env, timeout: APT_MS }
  try {
    await run('apt-get', ['download', name], options)
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
      await run('apt-get', [...own, 'download', name], options)
    } catch (error) {
      const detail = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error)
      throw new Error(`apt-get could not download ${name}: ${advice}\n\n${detail}`, { cause: error })
    }
  }
  const deb = (await readdir(work)).find((file) => file.endsWith('.deb'))
  if (deb === undefined) throw new Error(`apt-get downloaded no ${name}: ${advice}`)
  return join(work, deb)
}
