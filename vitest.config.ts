import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/longest-first.ts'
import { pureSuites } from './test/support/suites.ts'

const minute = 60_000

/**
 * These start whole fleets, a whole shop or a browser, or measure lags. They mostly wait, so they run beside the others,
 * but only two at a time: more on two cores, and their time limits would mean little.
 */
const heavy = ['journeys', 'browser', 'demo', 'shop', 'standin', 'conformance', 'engine'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
)

/** Engines and bots that are broken on purpose. `.ci/nightly` runs them. */
const mutants = ['test/rollout/mutants.test.ts', 'test/chaos/mutations.test.ts']

/** Minutes of faults at moments that no machine repeats exactly. */
const chaos = 'test/chaos/**/*.test.ts'

const pure = pureSuites()

export default defineConfig({
  test: {
    globalSetup: ['test/global-setup.ts'],
    sequence: { sequencer: LongestFirst },
    reporters:
      process.env['CI'] === undefined
        ? ['default']
        : ['default', ['json', { outputFile: process.env['OPSEE_TEST_REPORT'] ?? 'test-results/vitest.json' }]],
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'pure',
          include: pure,
          exclude: [...heavy, ...mutants, chaos],
          testTimeout: 30_000,
          /**
           * These suites start no process and open no socket, so many of them share one process: half of the time of a
           * suite is the loading of its modules.
           *
           * A file once vanished from the report in this mode. The shared process had called Cedar's WebAssembly often
           * enough for V8 to die ("Fatal error … unreachable code", see src/authorization/wasm-calls.ts). vitest reports
           * the file that ran then as passed with 0 tests, and only its exit code says that a worker died. So
           * wasm-calls.ts sets the V8 flag that prevents it, and .ci/summary.mjs counts a file without tests as failed.
           */
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'quick',
          include: ['test/**/*.test.ts'],
          exclude: [...pure, ...heavy, ...mutants, chaos],
          testTimeout: 30_000,
          hookTimeout: minute,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'heavy',
          include: heavy,
          testTimeout: 3 * minute,
          hookTimeout: 2 * minute,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'chaos',
          include: [chaos],
          exclude: mutants,
          testTimeout: 10 * minute,
          hookTimeout: 5 * minute,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: 'mutants',
          include: mutants,
          // Builds that a test broke on purpose: imported as they are.
          server: { deps: { external: [/opsee-mutant-/] } },
          testTimeout: 10 * minute,
          hookTimeout: 5 * minute,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
})
