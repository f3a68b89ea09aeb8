// `npm run build`: compiles all sources and installs nothing. A build that fails leaves `dist` unchanged.
import path from 'node:path'
import { compile } from './compile.mjs'
import { withLockFile } from './lock-file.mjs'
import { root } from './main.mjs'

const waiting = (pid) => process.stderr.write(`Waiting for process ${pid}, which prepares this checkout …\n`)

try {
  await withLockFile(path.join(root, '.cache', 'prepare.lock'), { waiting, limitMs: 15 * 60_000 }, async () => {
    await compile(root, { whole: true })
  })
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
