#!/usr/bin/env node
// `npm test`: from a bare clone to the test results. Arguments go to vitest, so `npm test -- <file>` runs one file.
import { main } from '../demo/bootstrap/main.mjs'

const args = process.argv.slice(2)
const selects = args.some((arg) => arg.startsWith('--project') || /[/\\]|\.ts\b/.test(arg))
await main(selects ? ['node_modules/vitest/vitest.mjs', 'run', ...args] : ['test/run-both.mjs', ...args])
