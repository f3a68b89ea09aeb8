import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isCommand, type Command, type CommandIndex } from './define.ts'

/** Where the commands are: beside `src`, both in the sources and in what is built from them. */
export const commandsDirectory = (): string => fileURLToPath(new URL('../../commands/', import.meta.url))

/**
 * Every file of the directory is a command, under the file's name. Throws, naming the file, when one of them is none:
 * a bot that lacks a command that somebody added must not start as if all were well.
 */
export async function loadCommands(directory: string): Promise<CommandIndex> {
  const entries = await readdir(directory, { withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && isCode(entry.name)).map((entry) => entry.name)
  const commands = new Map<string, Command>()
  for (const file of files.sort()) {
    const name = file.replace(/\.(?:ts|js|mjs)$/, '')
    if (!/^[a-z][a-z-]{0,30}$/.test(name)) {
      throw new Error(`${join(directory, file)} cannot be a command: name the file with small letters and dashes`)
    }
    if (commands.has(name)) throw new Error(`${directory} has two files for the command ${name}: keep one`)
    commands.set(name, await load(join(directory, file)))
  }
  if (commands.size === 0) throw new Error(`${directory} has no commands in it: was the project built?`)
  return indexOf(commands)
}

function indexOf(commands: ReadonlyMap<string, Command>): CommandIndex {
  return {
    names: [...commands.keys()].sort(),
    get: (name) => commands.get(name.toLowerCase()) ?? null,
  }
}

async function load(path: string): Promise<Command> {
  const module: unknown = await import(pathToFileURL(path).href)
  const made = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined
  if (isCommand(made)) return made
  throw new Error(`${path} is no command: write \`export default query({...})\` or \`mutation({...})\``)
}

const isCode = (file: string): boolean => /\.(?:ts|js|mjs)$/.test(file) && !file.endsWith('.d.ts')
