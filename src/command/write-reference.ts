#!/usr/bin/env node
import { writeFile } from 'node:fs/promises'
import { commandsDirectory, loadCommands } from './load.ts'
import { commandsPage } from './reference.ts'

/** `npm run docs`: writes the page of commands to the file that is named. */
const [, , file] = process.argv
if (file === undefined) throw new Error('name the file to write, such as docs/commands.md')
await writeFile(file, commandsPage(await loadCommands(commandsDirectory())))
