/**
 * Reads the words behind a tool's name. Prints the usage for `--help` and exits with 0; prints what `read` throws and
 * exits with 2, without a stack trace.
 */
export function readOrExit<T>(args: readonly string[], usage: string, read: (args: readonly string[]) => T): T {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(usage)
    process.exit(0)
  }
  try {
    return read(args)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(`${message}\n\n${usage}`)
    process.exit(2)
  }
}
