#!/usr/bin/env node
// `npm run demo`: from a bare clone to a whole shop on loopback.
import { main } from './bootstrap/main.mjs'

await main(['dist/demo/demo.js', ...process.argv.slice(2)])
