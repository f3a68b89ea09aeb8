import { isMap, isPair, isScalar, LineCounter, parseDocument, visit, type Document, type Scalar } from 'yaml'
import { crossCheck } from './cross-check.ts'
import { explainIssue } from './explain-issue.ts'
import type { ConfigFault, ConfigPath } from './fault.ts'
import { pathText, sortFaults } from './fault.ts'
import { placeAt, placeOf, startOf } from './place.ts'
import { createRedact, type Redact } from './redact.ts'
import { configSchema, type Config } from './schema.ts'
import { secretNames } from './secrets.ts'

export type ParsedConfig =
  | { readonly kind: 'config'; readonly config: Config }
  /** All that is wrong, in the order of the file. */
  | { readonly kind: 'faults'; readonly faults: readonly ConfigFault[] }

/** Reads the text of `opsee.yaml`. `secrets` are values that must not stand in it. Looks at no file and no network. */
export function parseConfig(text: string, secrets: readonly string[] = []): ParsedConfig {
  const { document, lines } = read(text)
  if (document.errors.length > 0) {
    const faults = document.errors.map((error) => ({
      ...placeAt(lines, error.pos[0]),
      path: '',
      message: `this is no YAML: ${error.message}`,
    }))
    return { kind: 'faults', faults: sortFaults(faults) }
  }
  const redact = createRedact(secrets)
  const faults: ConfigFault[] = []
  for (const { node, path } of secretsIn(document, redact)) {
    faults.push({ ...placeAt(lines, startOf(node)), path, message: secretFound })
  }
  for (const { node, path } of lostKeys(document)) {
    faults.push({ ...placeAt(lines, startOf(node)), path, message: lostKey })
  }
  const raw = contentOf(document)
  if (raw.kind === 'fault') {
    faults.push({ ...placeAt(lines, 0), path: '', message: raw.message })
    return { kind: 'faults', faults: sortFaults(faults) }
  }
  const parsed = configSchema.safeParse(raw.content, { reportInput: true })
  const wrong = parsed.success ? crossCheck(parsed.data) : parsed.error.issues.flatMap((issue) => explainIssue(issue))
  for (const { path, key, message } of wrong) {
    const whole = key === null ? path : [...path, key]
    faults.push({ ...placeOf(document, lines, path, key), path: pathText(whole), message: redact(message) })
  }
  if (faults.length > 0 || !parsed.success) return { kind: 'faults', faults: sortFaults(faults) }
  return { kind: 'config', config: parsed.data }
}

const secretFound =
  'a secret stands in this file. Take it out, replace it at its source, and set the new one in the environment ' +
  `(${secretNames.join(', ')})`

/** Where a path stands in the text of a configuration. */
export function placeIn(text: string, path: ConfigPath): Pick<ConfigFault, 'line' | 'column'> {
  const { document, lines } = read(text)
  return placeOf(document, lines, path, null)
}

function read(text: string): { readonly document: Document; readonly lines: LineCounter } {
  const lines = new LineCounter()
  return {
    document: parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, merge: true }),
    lines,
  }
}

function contentOf(
  document: Document,
): { readonly kind: 'content'; readonly content: unknown } | { readonly kind: 'fault'; readonly message: string } {
  if (!isMap(document.contents)) {
    return { kind: 'fault', message: 'there is no configuration in it: begin with opsee.example.yaml' }
  }
  try {
    return { kind: 'content', content: document.toJS({ maxAliasCount: 100 }) }
  } catch (error) {
    return { kind: 'fault', message: `it cannot be read: ${error instanceof Error ? error.message : String(error)}` }
  }
}

const lostKey = 'this name belongs to JavaScript itself, and what stands under it would be lost: choose another name'

/** Keys named `__proto__`: an entry under this name is left out silently when the file becomes objects. */
function lostKeys(document: Document): { readonly node: Scalar; readonly path: string }[] {
  const found: { node: Scalar; path: string }[] = []
  visit(document, {
    Pair(_key, { key }, ancestors) {
      if (!isScalar(key) || key.value !== '__proto__') return
      const keys = ancestors.map((one) => (isPair(one) && isScalar(one.key) ? String(one.key.value) : ''))
      found.push({ node: key, path: [...keys.filter((word) => word !== ''), '__proto__'].join('.') })
    },
  })
  return found
}

const textOf = (node: Scalar | undefined): string => (typeof node?.value === 'string' ? node.value : '')

/** Texts in the file that are a secret, or look like one. */
function secretsIn(document: Document, redact: Redact): { readonly node: Scalar; readonly path: string }[] {
  const found: { node: Scalar; path: string }[] = []
  visit(document, {
    Scalar(_key, node, ancestors) {
      if (typeof node.value !== 'string' || redact(node.value) === node.value) return
      const keys = ancestors.map((ancestor) =>
        isPair(ancestor) && isScalar(ancestor.key) ? String(ancestor.key.value) : '',
      )
      found.push({ node, path: keys.filter((key) => key !== '').join('.') })
    },
    // In the words of a command, the secret can stand behind its flag: `[migrate, --password, …]`.
    Seq(_key, node, ancestors) {
      const words = node.items.flatMap((item) => (isScalar(item) && typeof item.value === 'string' ? [item] : []))
      words.forEach((word, index) => {
        const pair = `${textOf(words[index - 1])} ${textOf(word)}`
        if (index === 0 || !pair.startsWith('-') || redact(pair) === pair) return
        if (found.some((one) => one.node === word || one.node === words[index - 1])) return
        const keys = ancestors.map((one) => (isPair(one) && isScalar(one.key) ? String(one.key.value) : ''))
        found.push({ node: word, path: keys.filter((key) => key !== '').join('.') })
      })
    },
  })
  return found
}
