// `node demo/bootstrap/build.mjs`: builds when something changed. The tests call it before they start.
import { root } from './main.mjs'
import { prepare } from './prepare.mjs'

try {
  await prepare({ root, say: (line) => process.stderr.write(`${line} …\n`), programs: false })
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
