import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { markBuilt, sourceDigest } from './built.mjs'
import { runStep } from './run-step.mjs'

const limitMs = 5 * 60_000
const advice = 'The sources do not compile: mend what is named above, then type the same command again.'

/**
 * Compiles the sources into `dist` and removes output whose source is gone. `whole` writes every file, also one that
 * somebody removed from `dist`, and writes nothing when the sources do not compile. Throws an error whose message says
 * what to do.
 */
export async function compile(root, { whole }) {
  const compiler = findCompiler(root)
  const digest = sourceDigest(root)
  // Without this file the compiler does not know what it has written before.
  if (whole) rmSync(path.join(root, 'dist', '.tsbuildinfo'), { force: true })
  const flags = whole ? ['--noEmitOnError'] : []
  await runStep([process.execPath, compiler, '-p', 'tsconfig.json', ...flags], { cwd: root, limitMs, advice })
  markBuilt(root, digest)
}

function findCompiler(root) {
  const folder = path.join(root, 'node_modules', 'typescript')
  const manifest = path.join(folder, 'package.json')
  if (!existsSync(manifest)) {
    throw new Error('The build needs TypeScript, which is not installed here. dist is unchanged.\nInstall it: npm ci')
  }
  return path.join(folder, JSON.parse(readFileSync(manifest, 'utf8')).bin.tsc)
}
