import { readFile } from 'node:fs/promises'
import type { Shop } from './entities.ts'
import type { Policy } from './policy.ts'
import { loadPolicy, policyProblemText } from './policy.ts'

export type ReadPolicy =
  | { readonly kind: 'policy'; readonly policy: Policy }
  /** One line for each problem: file, line, column, policy, and what is wrong. */
  | { readonly kind: 'refused'; readonly problems: readonly string[] }

/** The policy in a file. Never rejects; the bot does not start with a refused one. */
export async function readPolicy(file: string, shop: Shop): Promise<ReadPolicy> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return { kind: 'refused', problems: [`${file}: cannot be read (${code}): name the policy's file as \`policy\``] }
  }
  const loaded = loadPolicy(text, shop)
  if (loaded.kind === 'policy') return loaded
  return { kind: 'refused', problems: loaded.problems.map((problem) => policyProblemText(file, problem)) }
}
