import { setFlagsFromString } from 'node:v8'

/**
 * The flag that keeps V8 from inlining WebAssembly calls into optimized JavaScript.
 *
 * V8 11.3 (Node 20) can end the process with "Fatal error … unreachable code" when it deoptimizes a function in which a
 * WebAssembly call was inlined. Cedar is WebAssembly, and many commands at once provoke the deoptimization. Measured with
 * 500 commands a second for 6 s on Node 20.20.2: without the flag the process died in 8 of 9 runs, with `--liftoff-only`
 * (which only chooses WebAssembly's compiler) as often as without.
 *
 * The flag is set here and not on the command line, because Node refuses to start with a flag that its V8 does not know.
 * V8 reads the flag whenever it optimizes a function, so setting it before Cedar is called for the first time is enough.
 */
const flag = '--no-turbo-inline-js-wasm-calls'

/** Major versions of V8 that are known to accept the flag: those of Node 18 to 26. */
const firstMajor = 10
const lastMajor = 14

/** The flag, when this version of V8 (`process.versions.v8`) accepts it; null otherwise. */
export function wasmCallFlag(v8: string): string | null {
  const major = Number(/^(\d+)\./.exec(v8)?.[1])
  return major >= firstMajor && major <= lastMajor ? flag : null
}

const known = wasmCallFlag(process.versions.v8)
if (known !== null) setFlagsFromString(known)
