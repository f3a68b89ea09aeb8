#!/usr/bin/env node
// `npm run demo`: from a bare clone to a whole shop on loopback.
import { main } from './bootstrap/main.mjs'
import { checkOptions } from './bootstrap/usage.mjs'

const args = process.argv.slice(2)
if (checkOptions(args, 'demo/usage.ts')) await main(['dist/demo/demo.js', ...args])
