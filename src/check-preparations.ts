import { dirname, resolve } from 'node:path'
import { searchPathOf } from './adapters/preparation/environment.ts'
import { findProgram } from './adapters/preparation/find-program.ts'
import type { Finding } from './check-registry.ts'
import type { Config } from './config/schema.ts'
import { commandText } from './domain/preparation-text.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Looks for the program of each service's preparation, and for the variables that it is to see. Runs nothing. */
export async function checkPreparations(
  { services }: Pick<Config, 'services'>,
  file: string,
  env: Environment,
): Promise<readonly Finding[]> {
  const findings = Object.entries(services).map(async ([name, { preparation }]): Promise<Finding[]> => {
    if (preparation === undefined) return []
    const about = `preparation of ${name}`
    const [program = ''] = preparation.command
    const found = await findProgram(program, dirname(resolve(file)), searchPathOf(env))
    if (found.kind === 'not-found') return [{ kind: 'failed', about, text: found.message }]
    const missing = preparation.env.filter((one) => env[one] === undefined)
    return [
      { kind: 'ok', about, text: `${commandText(preparation.command)} runs ${found.path}` },
      ...missing.map((one): Finding => ({ kind: 'warning', about, text: `${one} is not set in this environment` })),
    ]
  })
  return (await Promise.all(findings)).flat()
}
