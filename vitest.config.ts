import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/longest-first.ts'

const minute = 60_000

/**
 * What starts whole fleets, a whole shop or a browser, and what measures lags: after the rest, two files at a time. They
 * mostly wait; more at once, and on two cores the time limits in them would mean little.
 */
const heavy = ['journeys', 'browser', 'demo', 'shop', 'standin', 'conformance', 'engine'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
)

/** Minutes of faults whose moments no machine repeats exactly: a command of its own, `npm run test:chaos`, and a step of CI. */
const chaos = 'test/chaos/**/*.test.ts'
const withChaos = process.env['OPSEE_TEST_CHAOS'] !== undefined

export default defineConfig({
  test: {
    globalSetup: ['test/global-setup.ts'],
    sequence: { sequencer: LongestFirst },
    reporters:
      process.env['CI'] === undefined ? ['default'] : ['default', ['json', { outputFile: 'test-results/vitest.json' }]],
    projects: [
      {
        test: {
          name: 'quick',
          include: ['test/**/*.test.ts'],
          exclude: [...heavy, chaos],
          // Builds that a test broke on purpose: imported as they are.
          server: { deps: { external: [/opsee-mutant-/] } },
          testTimeout: 30_000,
          hookTimeout: minute,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'heavy',
          include: heavy,
          testTimeout: 3 * minute,
          hookTimeout: 2 * minute,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      ...(withChaos
        ? [
            {
              test: {
                name: 'chaos',
                include: [chaos],
                testTimeout: 10 * minute,
                hookTimeout: 5 * minute,
                // Mostly it waits, for leases and for what must not happen: two files go side by side.
                maxWorkers: 2,
                sequence: { groupOrder: 2 },
              },
            },
          ]
        : []),
    ],
  },
})
