import { isMap, isNode, isScalar, isSeq, type Document, type LineCounter, type Node } from 'yaml'
import type { ConfigFault, ConfigPath } from './fault.ts'

export type Place = Pick<ConfigFault, 'line' | 'column'>

export function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}

/**
 * Where a path is in the file: its value when that stands beside the key, else its key. Where the path is missing, the
 * innermost block that would hold it. With `key`, that key at the path.
 */
export function placeOf(document: Document, lines: LineCounter, path: ConfigPath, key: string | null): Place {
  if (key === null) {
    const value = document.getIn(path, true)
    if (path.length > 0 && isScalar(value) && value.value !== null) return placeAt(lines, startOf(value))
  }
  const full = key === null ? path : [...path, key]
  for (let length = full.length; length > 0; length -= 1) {
    const step = full[length - 1]
    const parent = document.getIn(full.slice(0, length - 1), true)
    const node = isSeq(parent) ? parent.items[Number(step)] : isMap(parent) ? keyNode(parent.items, step) : null
    if (isNode(node)) return placeAt(lines, startOf(node))
  }
  return placeAt(lines, 0)
}

function keyNode(items: readonly { readonly key: unknown }[], key: string | number | undefined): unknown {
  return items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))?.key
}

export const startOf = (node: Node): number => node.range?.[0] ?? 0
