#!/usr/bin/env node
// `npm run chaos`: reads the options, then prepares the checkout and plays.
import { main } from '../demo/bootstrap/main.mjs'
import { helpText, readOptions } from './read-options.mjs'

const read = readOptions(process.argv.slice(2))
if (read.kind === 'help') process.stdout.write(helpText)
else if (read.kind === 'wrong') {
  process.stderr.write(read.message)
  process.exitCode = 2
} else await main(['dist/chaos/run.js', JSON.stringify(read.options), ...process.argv.slice(2)])
