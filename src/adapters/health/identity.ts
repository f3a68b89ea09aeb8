/** The value at `path` (`pid`, `process.started`) of a JSON text; null when it is not there or is no plain value. */
export function identityOf(json: string, path: string): string | null {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return null
  }
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null) return null
    // Only what the text holds, not what objects inherit.
    value = Object.entries(value).find(([name]) => name === key)?.[1]
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null
}
