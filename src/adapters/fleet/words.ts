/** `0.5 s`, `10 s`: for a person. */
export function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`
}

/** First line that says something, without what fleetctl's logger puts before it; null when there is none. */
export function firstLine(text: string, maxLength = 240): string | null {
  const line = text.split('\n').find((line) => line.trim() !== '')
  if (line === undefined) return null
  return clip(line.trim(), maxLength)
}

function clip(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1)}…`
}

/** `1 machine`, `3 machines`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`
}
