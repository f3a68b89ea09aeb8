/**
 * What Go's text/tabwriter makes of rows, as fleetctl sets it up (cells padded by tabs to columns of a multiple of 8):
 * an empty cell is nothing but padding. That it is exact is tested against the transcripts.
 */
export function tabwrite(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => {
    const longest = Math.max(...rows.map((row) => (row[column] ?? '').length))
    return Math.ceil((longest + 1) / 8) * 8
  })
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const last = column === row.length - 1
        return last ? cell : cell + '\t'.repeat(Math.ceil(((widths[column] ?? 0) - cell.length) / 8))
      })
      .join('')
  return rows.map((row) => `${line(row)}\n`).join('')
}
