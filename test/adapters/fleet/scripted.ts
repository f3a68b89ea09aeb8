import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FleetOptions } from '../../../src/adapters/fleet/options.ts'
import { groupMembers } from './processes.ts'
import { tabwrite } from './tabwriter.ts'

export const ids = ['1', '2', '3'].map((digit) => digit.repeat(32))
export const hash = 'a'.repeat(40)
const [m1 = '', m2 = '', m3 = ''] = ids

/** A healthy fleet of three machines: `api@1` to `api@3` run. */
export const healthy: Readonly<Record<string, string>> = {
  'list-machines': tabwrite(ids.map((id, index) => [id, `10.0.0.${index + 1}`, 'role=web'])),
  'list-unit-files': tabwrite([
    ['api@.service', hash, 'inactive', 'inactive', '-', 'false'],
    ...[m1, m2, m3].map((id, index) => {
      return [`api@${index + 1}.service`, hash, 'launched', 'launched', `${id}/10.0.0.${index + 1}`, 'false']
    }),
  ]),
  'list-units': tabwrite(
    [m1, m2, m3].map((id, index) => {
      return [`api@${index + 1}.service`, `${id}/10.0.0.${index + 1}`, 'loaded', 'active', 'running', hash]
    }),
  ),
}

/** What one endpoint prints for a verb: text of stdout, or the whole, or a shell script that is run instead. */
export type Script =
  string | { readonly out?: string; readonly err?: string; readonly rc?: number } | { readonly sh: string }

/** Endpoints whose answers are files, for the fixture `scripted`. */
export function scriptedFleet() {
  const root = mkdtempSync(join(tmpdir(), 'opsee-test-'))
  const path = (name: string, file: string): string => join(root, name, file)
  const read = (name: string, file: string): string[] => {
    try {
      return readFileSync(path(name, file), 'utf8').split('\n').slice(0, -1)
    } catch {
      return []
    }
  }
  return {
    endpoint(name: string, scripts: Readonly<Record<string, Script>>): string {
      rmSync(join(root, name), { recursive: true, force: true })
      mkdirSync(join(root, name))
      for (const [verb, script] of Object.entries(scripts)) {
        if (typeof script === 'string') writeFileSync(path(name, `${verb}.out`), script)
        else if ('sh' in script) writeFileSync(path(name, `${verb}.sh`), script.sh)
        else {
          writeFileSync(path(name, `${verb}.out`), script.out ?? '')
          writeFileSync(path(name, `${verb}.err`), script.err ?? '')
          writeFileSync(path(name, `${verb}.rc`), String(script.rc ?? 0))
        }
      }
      return `unix://${join(root, name)}`
    },
    /** An endpoint where nobody listens. */
    absent: (name: string): string => `unix://${join(root, name)}`,
    calls: (name: string): string[] => read(name, 'calls'),
    /** Living processes of the scripts that were run for an endpoint. */
    survivors: (name: string): number[] => read(name, 'groups').flatMap((group) => groupMembers(Number(group))),
    remove: (): void => rmSync(root, { recursive: true, force: true }),
  }
}

export const scriptedOptions = (endpoints: readonly string[], more: Partial<FleetOptions> = {}): FleetOptions => ({
  binary: fileURLToPath(new URL('fixtures/bin/scripted', import.meta.url)),
  searchPath: '/usr/bin:/bin',
  endpoints,
  pollMs: 50,
  ...more,
})
