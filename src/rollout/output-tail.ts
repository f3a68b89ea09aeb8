import { stripVTControlCharacters } from 'node:util'
import type { Output } from '../domain/preparation.ts'
import { escape } from '../domain/wording.ts'

const mostLines = 20
/** Characters in all, as they are sent to a chat. */
const mostText = 2500
/** Characters of one line. */
const longestLine = 300

/** Control characters, and those that turn the direction of a text or break its line, which could pass it off as another one. */
export const unseen = /(?!\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** The end of what a process wrote, fit to be shown: without colours and secrets, of a bounded length. */
export function outputTail(
  written: { readonly output: string; readonly cut: boolean },
  redact: (text: string) => string,
): Output {
  const clean = stripVTControlCharacters(written.output).split('\n').map(asLastShown).join('\n')
  const all = redact(clean)
    .split('\n')
    .map((line) => line.trimEnd())
  const first = all.findIndex((line) => line !== '')
  if (first === -1) return { lines: [], cut: written.cut }
  const lines = all.slice(first, all.findLastIndex((line) => line !== '') + 1)
  const shown: string[] = []
  let left = mostText
  for (const line of lines.slice(-mostLines).toReversed()) {
    const short = line.length <= longestLine ? line : `${line.slice(0, longestLine - 1)}…`
    left -= escape(short).length + 1
    if (left < 0) break
    shown.unshift(short)
  }
  return { lines: shown, cut: written.cut || shown.length < lines.length }
}

/** A line that was written over, as a progress bar is, is what it was at last. */
const asLastShown = (line: string): string =>
  line
    .replace(/\r+$/, '')
    .replace(/^[^\n]*\r/, '')
    .replace(unseen, '')
