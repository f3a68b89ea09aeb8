import { access } from 'node:fs/promises'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'

/** The wall clock of one process, to be moved while it runs: libfaketime before all other libraries. */
export interface WrongClock {
  /** For the process. */
  readonly env: Readonly<Record<string, string>>
  /** From about now on it is wrong by so many seconds. */
  wrongBy(seconds: number): void
}

/** `file` is where the process looks for how wrong it is. */
export function createWrongClock(library: string, file: string): WrongClock {
  const wrongBy = (seconds: number): void => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}`)
  wrongBy(0)
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      /** In seconds: how long it may take to notice. */
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    wrongBy,
  }
}

const library = 'faketime/libfaketime.so.1'
const modes = z.object({
  unpackDebian: z.custom<(wanted: object) => Promise<void>>((one) => typeof one === 'function'),
})

/**
 * The machine's libfaketime, or Debian's, unpacked into `.cache/faketime` of the project. Null, and says why, where it
 * cannot be had.
 */
export async function findFaketime(root: string, say: (text: string) => void): Promise<string | null> {
  const into = path.join(root, '.cache', 'faketime')
  const arch = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch as string] ?? ''
  const places = ['/', into].map((tree) => path.join(tree, 'usr', 'lib', arch, library))
  const known = async (): Promise<string | null> => {
    for (const place of places)
      if (
        await access(place).then(
          () => true,
          () => false,
        )
      )
        return place
    return null
  }
  const found = await known()
  if (found !== null) return found
  try {
    // Plain JavaScript, which is not beside this file's build.
    const file = path.join(root, 'demo', 'debian', 'unpack.mjs')
    const { unpackDebian } = modes.parse(await import(pathToFileURL(file).href))
    await unpackDebian({ package: 'libfaketime', into, env: process.env, advice: 'install libfaketime' })
  } catch (error) {
    const [why] = (error instanceof Error ? error.message : String(error)).split('\n')
    say(`No libfaketime, so the clock of no replica is moved: ${why}`)
    return null
  }
  return known()
}
