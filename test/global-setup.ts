import { spawnSync } from 'node:child_process'

/**
 * Once before all tests: what is started as a process is started from `dist`, so `dist` must be what the sources say.
 * The compiler writes it in spite of type errors, and those are for `npm run check`: they stop no test.
 */
export function setup(): void {
  const cwd = new URL('..', import.meta.url)
  const built = spawnSync(process.execPath, ['demo/bootstrap/build.mjs'], { cwd, stdio: 'inherit', timeout: 300_000 })
  if (built.status !== 0)
    process.stderr.write('The build above is not clean: the tests run what could be built of it.\n')
}
