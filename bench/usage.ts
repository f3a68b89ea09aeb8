/** `demo/bootstrap/usage.mjs` reads this text from the source. */
export const benchUsage = `Usage: npm run bench -- [options] [part ...]

Measures Opsee against a baseline in the same run, and writes the page of results.
Parts: ack, roll, memory, takeover, crowd, records, writes, plans, promote. Without a part it measures all of them.

  --quick              run a short check of the bench itself; its figures mean little
  --out <file>         file of the report; docs/benchmarks.md unless given
  --help               print this text
`
