// `npm run check:config`: runs the existing build. It builds, installs and deletes nothing, because it also runs where
// the packages for development are not installed.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { isStale } from './built.mjs'
import { root } from './main.mjs'
import { runChild } from './run-child.mjs'
import { checkOptions } from './usage.mjs'

const args = process.argv.slice(2)
const program = path.join(root, 'dist', 'src', 'check-config.js')

if (checkOptions(args, 'src/command-line/check-usage.ts')) {
  if (!existsSync(program)) {
    process.stderr.write(`Opsee is not built here: ${program} is missing.\nBuild it: npm ci && npm run build\n`)
    process.exitCode = 1
  } else {
    if (isStale(root))
      process.stderr.write('The sources changed since the build. Build them: npm ci && npm run build\n')
    process.exitCode = await runChild([program, ...args], { cwd: process.cwd(), env: process.env })
  }
}
