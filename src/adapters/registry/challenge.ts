/** What a registry asks for in `WWW-Authenticate` (RFC 9110, 11.6.1). */
export type Challenge =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: string; readonly service: string | null; readonly scope: string | null }

/**
 * The challenges of all its headers that can be answered, bearer first: some registries offer both, and take Basic only at
 * the token's address. Several may stand in one header, and commas also stand in scopes (`pull,push`).
 */
export function challengesOf(headers: readonly string[]): readonly Challenge[] {
  const found = headers.flatMap((header) => parse(header.slice(0, 8192)))
  return [...found.filter(({ kind }) => kind === 'bearer'), ...found.filter(({ kind }) => kind === 'basic')]
}

function parse(header: string): Challenge[] {
  const parts = [...header.matchAll(/([A-Za-z0-9_-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+)))?/g)]
  const challenges: { readonly scheme: string; readonly values: Map<string, string> }[] = []
  for (const [, word = '', quoted, plain] of parts) {
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain
    // A word without a value begins the next challenge.
    if (value === undefined) challenges.push({ scheme: word.toLowerCase(), values: new Map() })
    else challenges.at(-1)?.values.set(word.toLowerCase(), value)
  }
  return challenges.flatMap(({ scheme, values }): Challenge[] => {
    if (scheme === 'basic') return [{ kind: 'basic' }]
    const realm = values.get('realm')
    if (scheme !== 'bearer' || realm === undefined) return []
    return [{ kind: 'bearer', realm, service: values.get('service') ?? null, scope: values.get('scope') ?? null }]
  })
}
