import path from 'node:path'
import { isBuilt, sourceDigest } from './built.mjs'
import { compile } from './compile.mjs'
import { whyInstall } from './installed.mjs'
import { withLockFile } from './lock-file.mjs'
import { refuseNode } from './node-version.mjs'
import { runStep } from './run-step.mjs'

const minute = 60_000

/**
 * Makes a checkout ready to run: what is missing of the packages, the build and (when `programs` is true) of etcd and
 * the image registry. Does nothing that is done already, and two at once wait for each other. `say` takes one progress
 * line. Returns the environment variables that name the programs; none when they were not asked for. Throws an error whose message says what to do.
 */
export async function prepare({ root, say, programs }) {
  const refusal = refuseNode(process.versions.node)
  if (refusal !== null) throw new Error(refusal)
  const waiting = (pid) => say(`Waiting for process ${pid}, which prepares this checkout`)
  return withLockFile(path.join(root, '.cache', 'prepare.lock'), { waiting, limitMs: 15 * minute }, async () => {
    await install(root, say)
    await build(root, say)
    return programs ? findPrograms(root, say) : {}
  })
}

async function install(root, say) {
  const why = whyInstall(root)
  if (why === null) return
  say(`Installing packages (${why})`)
  const npm = process.env.npm_execpath?.endsWith('npm-cli.js') ? [process.execPath, process.env.npm_execpath] : ['npm']
  const flags = ['--include=dev', '--include=optional', '--no-audit', '--no-fund']
  const advice = 'Check that the package registry can be reached, then type the same command again.'
  await runStep([...npm, 'ci', ...flags], { cwd: root, limitMs: 10 * minute, advice })
  const still = whyInstall(root)
  if (still === null) return
  throw new Error(
    `After "npm ci" ${still}.\nRemove ${path.join(root, 'node_modules')} and type the same command again.`,
  )
}

async function build(root, say) {
  if (isBuilt(root, sourceDigest(root))) return
  say('Building')
  await compile(root, { whole: false })
}

async function findPrograms(root, say) {
  const { findEtcd } = await import('../etcd/find.mjs')
  const { findRegistry } = await import('../registry/find.mjs')
  const options = { root, env: process.env, say }
  return { ETCD_BIN: await findEtcd(options), REGISTRY_BIN: await findRegistry(options) }
}
