/** `demo/bootstrap/run-check.mjs` reads this text from the source. */
export const checkUsage = `Usage: npm run check:config -- [options] [<config.yaml>]

Checks the configuration, the policy and the secrets, then asks the live etcd, fleets, registries and Slack.
It changes nothing. Without a file it reads the file that OPSEE_CONFIG names, or opsee.yaml in the working directory.
The exit code is 0 when the bot can start, 1 when a check failed, and 2 when this command was typed wrong.

  --help, -h        print this text
  --version, -V     print the version
`
