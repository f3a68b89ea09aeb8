/** How many instances at once: a number of them, or a share of all. */
export type Amount =
  { readonly kind: 'count'; readonly count: number } | { readonly kind: 'percent'; readonly percent: number }

/** `3` or `25%`; null for anything else. Zero and more than 100 % are nothing. */
export function parseAmount(text: string): Amount | null {
  const match = /^(\d{1,4})(%?)$/.exec(text.trim())
  if (match === null) return null
  const value = Number(match[1])
  if (value < 1) return null
  if (match[2] === '') return { kind: 'count', count: value }
  return value > 100 ? null : { kind: 'percent', percent: value }
}

/** At least one, at most all: a share is rounded down, so that it never takes more away than it says. */
export function amountOf(amount: Amount, total: number): number {
  const wanted = amount.kind === 'count' ? amount.count : Math.floor((total * amount.percent) / 100)
  return Math.max(1, Math.min(total, wanted))
}

export const amountText = (amount: Amount): string =>
  amount.kind === 'count' ? String(amount.count) : `${amount.percent}%`
