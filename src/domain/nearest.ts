/**
 * The valid word that was most likely meant, or null when none is near: at most one slip in short words, two from five
 * letters on, three from nine on. A word that begins with what was typed (three letters or more) counts as near too.
 */
export function nearest(typed: string, valid: readonly string[]): string | null {
  const text = typed.toLowerCase()
  if (text.length > 64) return null
  const allowed = text.length < 5 ? 1 : text.length < 9 ? 2 : 3
  let best: { readonly word: string; readonly slips: number } | null = null
  for (const word of valid) {
    const apart = distance(text, word.toLowerCase(), allowed)
    const slips = text.length >= 3 && word.startsWith(text) ? Math.min(apart, 1) : apart
    if (slips <= allowed && slips * 2 <= text.length && (best === null || slips < best.slips)) best = { word, slips }
  }
  return best?.word ?? null
}

/** Damerau-Levenshtein (neighbours swapped count once), given up as soon as it must exceed `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(at(previous, j) + 1, at(row, j - 1) + 1, at(previous, j - 1) + (same ? 0 : 1))
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) cost = Math.min(cost, at(before, j - 2) + 1)
      row.push(cost)
    }
    if (Math.min(...row) > limit) return limit + 1
    before = previous
    previous = row
  }
  return at(previous, b.length)
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY
