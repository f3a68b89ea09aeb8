import type { DetailedError } from './cedar.ts'
import { policySetTextToParts } from './cedar.ts'
import { rights } from './rights.ts'

/** What is wrong with a policy file, and where. Lines and columns count from 1. */
export interface PolicyProblem {
  readonly line: number
  readonly column: number
  /** The policy's `@id`; null when it has none, or the file cannot be read that far. */
  readonly policy: string | null
  readonly message: string
}

export interface PolicyPart {
  readonly text: string
  /** Where it begins in the file, in bytes of UTF-8: Cedar's places are bytes as well. */
  readonly offset: number
}

/** The file cut into its policies, in their order, or why Cedar cannot read it. */
export function splitPolicies(text: string): {
  readonly parts: readonly PolicyPart[]
  readonly problems: PolicyProblem[]
} {
  const answer = policySetTextToParts(text)
  if (answer.type === 'failure') {
    return { parts: [], problems: answer.errors.map((error) => problemAt(text, 0, null, error)) }
  }
  const problems = answer.policy_templates.map((template) => ({
    ...place(text, offsetOf(text, template, 0)),
    policy: null,
    message: 'templates (?principal, ?resource) have no use here: name the group or the resource in the policy',
  }))
  // Cedar sorts the parts as texts of their numbers (0, 1, 10, 2), so each is looked for by itself; equal ones in turn.
  const next = new Map<string, number>()
  const parts = answer.policies.map((part) => {
    const offset = offsetOf(text, part, next.get(part) ?? 0)
    next.set(part, offset + 1)
    return { text: part, offset }
  })
  return { parts: parts.sort((a, b) => a.offset - b.offset), problems }
}

/** Cedar's own words, at their place: `offset` is where the text that Cedar saw begins in the file, in bytes. */
export function problemAt(text: string, offset: number, policy: string | null, error: DetailedError): PolicyProblem {
  const [first] = error.sourceLocations ?? []
  const help = helpOf(error) ?? first?.label ?? null
  const message = error.message.replace(/^for policy `[^`]*`, /, '')
  return {
    ...place(text, offset + (first?.start ?? 0)),
    policy,
    message: help === null ? message : `${message} (${help})`,
  }
}

/** Cedar's guess at what was meant is any name at all, and another one each time: the names themselves say more. */
function helpOf({ message, help }: DetailedError): string | null {
  if (message.includes('unrecognized action')) return `the actions are read, ${rights.join(', ')}`
  return help?.startsWith('did you mean') === true ? null : help
}

/** Line and column, both from 1, of a byte of the UTF-8 text. */
export function place(text: string, byte: number): { readonly line: number; readonly column: number } {
  const before = Buffer.from(text).subarray(0, byte).toString().split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

function offsetOf(text: string, part: string, from: number): number {
  return Math.max(0, Buffer.from(text).indexOf(Buffer.from(part), from))
}
