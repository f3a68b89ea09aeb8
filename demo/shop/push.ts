import { services } from './fleet-units.ts'
import { build, tellAsQuay } from './push-build.ts'

/** Pushes a build into the demo's registry and tells the bot: the demo prints how it is called. */
const [registry, hook, service, tag] = process.argv.slice(2)
const names = services.map(({ name }) => name)

if (registry === undefined || hook === undefined || service === undefined || tag === undefined) {
  process.stderr.write('Usage: node dist/demo/shop/push.js <registry> <hook> <service> <tag>\n')
  process.exitCode = 2
} else if (!names.includes(service)) {
  process.stderr.write(`${service} is no service of the shop: ${names.join(', ')}\n`)
  process.exitCode = 2
} else {
  const digest = await build(registry, service, tag)
  const answer = await tellAsQuay(hook, service, [tag])
  process.stdout.write(
    `Pushed quay.io/opsee/${service}:${tag} (${digest}). The bot says ${answer.status}: ${await answer.text()}\n`,
  )
  if (!answer.ok) process.exitCode = 1
}
