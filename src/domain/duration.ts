const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds for `500ms`, `5s`, `10m`, `2h`, `7d`, `1h30m`; null for anything else. */
export function parseDuration(text: string): number | null {
  if (!/^(?:\d+(?:ms|s|m|h|d))+$/.test(text)) return null
  let total = 0
  for (const [, amount = '', unit = ''] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (unitMs[unit] ?? Number.NaN)
  }
  return Number.isSafeInteger(total) ? total : null
}

/** `1h30m`, `5m`, `2.5s`, `300ms`: as short as it can be said. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(ms < 10_000 ? 1 : 0))}s`
  const parts: string[] = []
  let rest = Math.round(ms / 1000)
  for (const [unit, seconds] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const amount = Math.floor(rest / seconds)
    rest -= amount * seconds
    if (amount > 0 && parts.length < 2) parts.push(`${amount}${unit}`)
  }
  return parts.join('')
}
