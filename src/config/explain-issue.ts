import type { z } from 'zod'
import type { ConfigPath } from './fault.ts'
import { nearest } from '../domain/nearest.ts'
import { createRedact } from './redact.ts'
import { validKeys } from './valid-keys.ts'

/** A fault of the schema in plain words: where it is, and what to write instead. */
export interface Explained {
  readonly path: ConfigPath
  /** A key at that path is meant, and not its value. */
  readonly key: string | null
  readonly message: string
}

type Issue = z.core.$ZodIssue

/** Zod's issue (made with `reportInput`) in plain words; one for each unknown key. */
export function explainIssue(issue: Issue, above: ConfigPath = []): Explained[] {
  const path = [...above, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))]
  const one = (message: string): Explained[] => [{ path, key: null, message }]
  const value = shown(issue.input)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path, key, message: unknownKey(key, validKeys(path)) }))
    case 'invalid_type':
      return one(
        issue.input === undefined
          ? `is missing: write ${kindOf(issue)}`
          : `${value} will not do: write ${kindOf(issue)}`,
      )
    case 'invalid_value':
      return one(`${value} will not do: write ${issue.values.map(String).join(', or ')}`)
    case 'invalid_key':
      return [{ path, key: null, message: `${value} is no good name: ${issue.issues[0]?.message ?? 'choose another'}` }]
    case 'too_small':
    case 'too_big':
      return one(outOfRange(issue, value))
    case 'invalid_union':
      return explainUnion(issue, path)
    case 'invalid_format':
      return one(
        `${value} will not do: ${issue.format === 'url' ? 'write an address such as http://127.0.0.1:2379' : hint(issue)}`,
      )
    case 'custom':
      return one(issue.message)
    case 'not_multiple_of':
    case 'invalid_element':
      return one(`${value} will not do: ${issue.message}`)
  }
}

/** Of several shapes the one that was most likely meant: with the fewest faults. */
function explainUnion(issue: Extract<Issue, { code: 'invalid_union' }>, path: ConfigPath): Explained[] {
  const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : []
  if (options.length > 0) {
    const given = path.at(-1) === 'kind' ? 'kind' : 'it'
    return [{ path, key: null, message: `there is no such ${given}: write ${options.join(', or ')}` }]
  }
  const explained = issue.errors.map((branch) => branch.flatMap((inner) => explainIssue(inner, path)))
  const shapes = validKeys(path)
  const wrongKind = issue.errors.every((branch) =>
    branch.every((inner) => inner.path.length === 0 && inner.code === 'invalid_type'),
  )
  if (wrongKind || explained.length === 0) {
    const instead = shapes.length > 0 ? shapes.map((key) => `\`${key}: …\``).join(', or ') : 'something else'
    const kinds =
      shapes.length > 0
        ? instead
        : issue.errors
            .flatMap((branch) => branch.map((inner) => ('expected' in inner ? kindOf(inner) : '')))
            .filter(Boolean)
            .join(', or ')
    return [{ path, key: null, message: `${shown(issue.input)} will not do: write ${kinds}` }]
  }
  const unknown = explained.map((branch) => branch.filter((one) => one.key !== null))
  // No shape has this key: saying so once is better than saying what each shape lacks.
  if (unknown.every((branch) => branch.length > 0)) {
    const keys = new Set(unknown.flat().map((one) => one.key ?? ''))
    return [...keys].map((key) => ({ path, key, message: unknownKey(key, shapes) }))
  }
  return explained.reduce((best, branch) => (branch.length < best.length ? branch : best))
}

function unknownKey(key: string, valid: readonly string[]): string {
  const near = nearest(key, valid)
  const meant = near === null ? '' : `; did you mean ${near}?`
  const list = valid.length === 0 ? '' : ` Valid here: ${valid.join(', ')}.`
  return `unknown key ${shown(key)}${meant}${meant === '' && list !== '' ? '.' : ''}${list}`
}

function outOfRange(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>, value: string): string {
  const small = issue.code === 'too_small'
  const limit = small ? issue.minimum : issue.maximum
  const bound = `${small ? 'at least' : 'at most'} ${limit}`
  switch (issue.origin) {
    case 'array':
    case 'set':
      return `has too ${small ? 'few' : 'many'} entries: write ${bound}`
    case 'string':
      return limit === 1 && small
        ? 'is empty: write something, or leave the line out'
        : `${value} is too ${small ? 'short' : 'long'}: write ${bound} letters`
    default:
      return `${value} is too ${small ? 'small' : 'large'}: write ${bound}`
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text (in quotes where it looks like a number or a yes)',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list, each entry behind a dash',
  object: 'a block of keys, indented below',
  record: 'a block of names, indented below',
}

const kindOf = (issue: { readonly expected?: string }): string => kinds[issue.expected ?? ''] ?? `a ${issue.expected}`

const hint = (issue: Issue): string =>
  issue.message.startsWith('Invalid') ? 'it has not the right form' : issue.message

const redact = createRedact([])

/** The value as it stands in the file, cut; never what looks like a secret. */
function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'a block'
  const text = redact(typeof value === 'string' ? JSON.stringify(value) : String(value))
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
