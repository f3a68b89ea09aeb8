import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { commandHelp, overview, usageLines } from '../../src/command/help.ts'
import { commandsDirectory, loadCommands } from '../../src/command/load.ts'
import { commandsPage } from '../../src/command/reference.ts'
import { flagName } from '../../src/command/read-flags.ts'
import { textOf, world } from '../commands/fakes.ts'

describe('the commands of the project', () => {
  it('are those that the product promises', async () => {
    const { names } = await loadCommands(commandsDirectory())
    expect(names).toEqual(
      'abort audit builds can confirm continue deploy diff drift get go help history lock locks ls pause pin promote queue releases restart resume retry rollback scale services show status stop take unlock unpin whoami'.split(
        ' ',
      ),
    )
  })

  it('each have a help that says how they are used: usage, arguments, flags and examples', async () => {
    const commands = await loadCommands(commandsDirectory())
    for (const name of commands.names) {
      const about = commands.get(name)?.about
      if (about === undefined) throw new Error(name)
      const help = commandHelp(name, about).join('\n')
      expect(help).toContain(`*${name}*: ${about.summary}`)
      expect(usageLines(name, about)[0]).toMatch(new RegExp(`^${name}( |$)`))
      expect(about.examples.length).toBeGreaterThan(0)
      for (const example of about.examples) {
        expect(help).toContain(example)
        expect(example.split(' ')[0]).toBe(name)
      }
      for (const [key, flag] of Object.entries(about.flags)) {
        expect(help).toContain(flag.short === key ? `-${key}` : `--${flagName(key)}`)
        expect(help).toContain(flag.help)
      }
      for (const field of Object.values(about.positionals)) expect(help).toContain(field.help)
    }
  })

  it('each understand their own examples', async () => {
    const { say } = await world()
    const commands = await loadCommands(commandsDirectory())
    for (const name of commands.names) {
      for (const example of commands.get(name)?.about.examples ?? []) {
        const reply = await say(example)
        expect([example, reply.outcome]).not.toContain('mistyped')
        expect([example, textOf(reply)]).not.toContain('Opsee itself failed')
      }
    }
  })

  it('are what docs/commands.md says; `npm run docs` writes it anew', async () => {
    const page = await readFile(new URL('../../docs/commands.md', import.meta.url), 'utf8')
    expect(page).toBe(commandsPage(await loadCommands(commandsDirectory())))
  })
})

describe('a directory of commands', () => {
  let directory = ''
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'opsee-commands-'))
  })
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true })
  })

  const source = (text: string) => {
    const define = new URL('../../src/command/define.ts', import.meta.url).href
    return `import { query } from ${JSON.stringify(define)}\n${text}`
  }
  const greet = source(`export default query({
    summary: 'Says hello.', examples: ['greet'], positionals: {}, flags: {},
    answer: async () => ({ visibility: 'sender', message: { text: 'hello', sections: [] }, outcome: 'done', rollouts: [] }),
  })`)

  it('has one more command, with its help, when a file is added to it', async () => {
    await writeFile(join(directory, 'greet.ts'), greet)
    const commands = await loadCommands(directory)
    expect(commands.names).toEqual(['greet'])
    expect(overview(commands)).toEqual(['`greet`  Says hello.'])
    const { say } = await world({ parts: { commands } })
    expect(textOf(await say('greet'))).toBe('hello')
    expect(textOf(await say('gret'))).toContain('Did you mean `greet`?')
  })

  it('is refused, naming the file, when a file in it is no command', async () => {
    await writeFile(join(directory, 'broken.ts'), 'export const a = 1\n')
    await expect(loadCommands(directory)).rejects.toThrow(/broken\.ts is no command: write `export default query/)
    await writeFile(join(directory, 'broken.ts'), 'export default { kind: "query" }\n')
    await expect(loadCommands(directory)).rejects.toThrow(/broken\.ts/)
  })

  it('is refused for a name that nobody could type, for two files of one name, and when empty', async () => {
    await expect(loadCommands(directory)).rejects.toThrow(/has no commands in it/)
    await writeFile(join(directory, 'greet.ts'), greet)
    await writeFile(join(directory, 'greet.mjs'), greet)
    await expect(loadCommands(directory)).rejects.toThrow(/two files for the command greet/)
    await rm(join(directory, 'greet.mjs'))
    await writeFile(join(directory, 'Shout_It.ts'), greet)
    await expect(loadCommands(directory)).rejects.toThrow(/Shout_It\.ts cannot be a command/)
  })

  it('may hold the maps and declarations of a build', async () => {
    await writeFile(join(directory, 'greet.ts'), greet)
    await writeFile(join(directory, 'greet.js.map'), '{}')
    await writeFile(join(directory, 'greet.d.ts'), '')
    expect((await loadCommands(directory)).names).toEqual(['greet'])
  })
})
