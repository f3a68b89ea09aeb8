export const opseeUsage = `Usage: opsee [options] [<config.yaml>]

Starts the Slack deploy bot. Without a file it reads the file that OPSEE_CONFIG names, or opsee.yaml in the working directory.
Secrets come from the environment: see docs/configuration.md. SIGTERM ends the bot at its next safe point.

  --help, -h        print this text
  --version, -V     print the version

Check a configuration first: npm run check:config -- <config.yaml>
`
