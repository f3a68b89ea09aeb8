#!/usr/bin/env node
// `npm run bench`: from a bare clone to the measured figures.
import { main } from '../demo/bootstrap/main.mjs'
import { checkOptions } from '../demo/bootstrap/usage.mjs'

const args = process.argv.slice(2)
if (checkOptions(args, 'bench/usage.ts')) await main(['dist/bench/run.js', ...args])
