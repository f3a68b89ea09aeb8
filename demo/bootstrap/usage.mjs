import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Prints the usage for `--help` and `-h`, and refuses an option that the usage does not list. Needs neither packages
 * nor a build, so that it answers at once on a bare clone. Returns true when the command goes on.
 */
export function checkOptions(args, usageFile) {
  const usage = readUsage(usageFile)
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(usage)
    return false
  }
  const listed = new Set(usage.match(/--[a-z][\w-]*/g))
  const unknown = args.map((word) => word.split('=', 1)[0]).find((word) => /^--./.test(word) && !listed.has(word))
  if (unknown === undefined) return true
  process.stderr.write(`There is no option ${unknown}.\n\n${usage}`)
  process.exitCode = 2
  return false
}

/** A usage file holds one template literal. Node 20 cannot load TypeScript, so the text is read from the source. */
function readUsage(file) {
  const text = / = `([^`$\\]+)`/.exec(readFileSync(path.join(root, file), 'utf8'))?.[1]
  if (text === undefined) throw new Error(`${file} must hold one text between backticks, without escapes`)
  return text
}
