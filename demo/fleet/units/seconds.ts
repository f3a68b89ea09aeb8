const UNITS_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  sec: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  d: 86_400_000,
}

/** A time span of a unit file (`8`, `1s`, `1min 30s`, `infinity`) in milliseconds; null when it is none. */
export function parseSpan(text: string): number | null {
  const trimmed = text.trim()
  if (trimmed === 'infinity') return Number.POSITIVE_INFINITY
  const parts = [...trimmed.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]*)\s*/g)]
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== trimmed) return null
  let total = 0
  for (const [, amount = '', unit = ''] of parts) {
    const factor = UNITS_MS[unit === '' ? 's' : unit]
    if (factor === undefined) return null
    total += Number(amount) * factor
  }
  return total
}
