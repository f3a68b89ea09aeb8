#!/usr/bin/env node
// `npm test`: from a bare clone to the test results. Arguments go to vitest.
import { main } from '../demo/bootstrap/main.mjs'

await main(['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)])
