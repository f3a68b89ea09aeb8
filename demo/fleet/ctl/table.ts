const TAB = 8

/**
 * Lays lines out as Go's text/tabwriter does with tabs of eight: a column is a run of neighbouring lines that have a
 * cell behind it, padded with tabs to its widest cell and one more; the last cell of a line is never padded.
 */
export function layOut(lines: readonly (readonly string[])[]): string {
  const widths = lines.map((cells) => cells.slice(0, -1).map(() => 0))
  const columns = Math.max(0, ...widths.map((row) => row.length))
  for (let column = 0; column < columns; column += 1) {
    for (let from = 0; from < lines.length; from += 1) {
      if (widths[from]?.[column] === undefined) continue
      let to = from
      let widest = 0
      while (widths[to]?.[column] !== undefined) {
        widest = Math.max(widest, lines[to]?.[column]?.length ?? 0)
        to += 1
      }
      for (let line = from; line < to; line += 1) {
        const row = widths[line]
        if (row !== undefined) row[column] = Math.ceil((widest + 1) / TAB) * TAB
      }
      from = to
    }
  }
  return lines
    .map((cells, line) => `${cells.map((cell, i) => cell + padding(cell, widths[line]?.[i])).join('')}\n`)
    .join('')
}

function padding(cell: string, width: number | undefined): string {
  return width === undefined ? '' : '\t'.repeat(Math.ceil((width - cell.length) / TAB))
}
