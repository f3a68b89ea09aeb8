import { z } from 'zod'
import type { ConfigPath } from './fault.ts'
import { configSchema } from './schema.ts'

/** The keys that may stand at a path, by the schema; empty where any may, or none. */
export function validKeys(path: ConfigPath): readonly string[] {
  let nodes: readonly unknown[] = [jsonSchema()]
  for (const step of path) nodes = nodes.flatMap(branches).flatMap((node) => into(node, step))
  return [...new Set(nodes.flatMap(branches).flatMap((node) => Object.keys(objectAt(node, 'properties') ?? {})))]
}

/** What `opsee.yaml` may look like, as a JSON Schema. */
export function jsonSchema(): Readonly<Record<string, unknown>> {
  return { ...z.toJSONSchema(configSchema, { io: 'input' }) }
}

/** A node and its alternatives. */
function branches(node: unknown): unknown[] {
  const alternatives = [...listAt(node, 'anyOf'), ...listAt(node, 'oneOf')]
  return alternatives.length === 0 ? [node] : alternatives.flatMap(branches)
}

function into(node: unknown, step: string | number): unknown[] {
  const property = objectAt(node, 'properties')?.[String(step)]
  const next = property ?? objectAt(node, 'additionalProperties') ?? objectAt(node, 'items')
  return next === undefined ? [] : [next]
}

function objectAt(node: unknown, key: string): Readonly<Record<string, unknown>> | undefined {
  const value = valueAt(node, key)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
}

function listAt(node: unknown, key: string): readonly unknown[] {
  const value = valueAt(node, key)
  return Array.isArray(value) ? value : []
}

function valueAt(node: unknown, key: string): unknown {
  return typeof node === 'object' && node !== null
    ? Object.entries(node).find(([name]) => name === key)?.[1]
    : undefined
}
