#!/usr/bin/env node
import { argv, exit, stderr, stdout } from 'node:process'

const USAGE = `usage: lab <control-url> instances
       lab <control-url> machines
       lab <control-url> <fault> [name=value ...]      lab http://127.1.1.11:4000 power-loss machine=f3
`

/** The command line of a running lab: what there is, what really runs, and faults (README.md lists them). */
async function main([control, what, ...words]: readonly string[]): Promise<void> {
  if (control === undefined || what === undefined) throw new Error(USAGE)
  if (what === 'machines') return show(await fetch(`${control}/lab`))
  if (what === 'instances') return show(await fetch(`${control}/lab/instances`))
  const order = Object.fromEntries([['kind', what], ...words.map((word) => pairOf(word))])
  await show(await fetch(`${control}/lab/fault`, { method: 'POST', body: JSON.stringify(order) }))
}

/** Numbers are numbers, but what names something stays text. */
function pairOf(word: string): [string, string | number] {
  const equals = word.indexOf('=')
  if (equals === -1) throw new Error(`"${word}" is no name=value\n\n${USAGE}`)
  const name = word.slice(0, equals)
  const value = word.slice(equals + 1)
  const textual = ['machine', 'unit', 'verb', 'body'].includes(name)
  return [name, textual || Number.isNaN(Number(value)) ? value : Number(value)]
}

async function show(response: Response): Promise<void> {
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  stdout.write(`${JSON.stringify(JSON.parse(text), null, 2)}\n`)
}

main(argv.slice(2)).catch((error: unknown) => {
  stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  exit(1)
})
