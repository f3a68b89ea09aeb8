/** `demo/bootstrap/usage.mjs` reads this text from the source. */
export const demoUsage = `Usage: npm run demo -- [options]

Starts a whole shop on this machine, runs "/opsee deploy api production" in its Slack and stays up until Ctrl-C.

  --once               end after the commands; exit code 0 only if every command was answered, every rollout that it
                       started succeeded, and every instance of it was really replaced
  --run '<command>'    run this in place of the deploy, as typed behind /opsee; may be given more than once
  --as <name>          who types it: ann (deployer, admin), bob (team of api) or carol (deployer); ann unless given
  --json               print what happens as JSON lines
  --port-slack <n>     port of the Slack page; a free one unless given
  --port-etcd <n>      port of etcd; a free one unless given
  --time-scale <x>     fleet's delays, 1 as on a real cluster, 0.5 unless given
  --keep               leave the folder with logs and data where it is
  --help               this text
`
