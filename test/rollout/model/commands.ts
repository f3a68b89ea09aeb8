import * as fc from 'fast-check'
import type { Link } from './client.ts'
import type { Verb } from './fleet.ts'
import type { Manner } from './fleetctl.ts'
import type { PreparationManner } from './preparations.ts'
import * as people from './people.ts'
import { releaseOf, type RegistryManner } from './registry.ts'
import type { Bot, ModelWorld, Point } from './world.ts'

/** What may happen next, in any order: a fault, a wish, or time that passes. */

/** fast-check's model is what it knows by itself: here nothing, as everything may happen always. */
export type Happening = fc.AsyncCommand<object, ModelWorld>

interface Deed {
  readonly text: string
  readonly run: (world: ModelWorld) => Promise<void> | void
}

const happening = (text: string, run: Deed['run']): Deed => ({ text, run })

/** What passes before it: nothing, some steps of the bots, or seconds. */
const wait = fc.oneof(
  fc.constant<Deed>({ text: '', run: () => undefined }),
  fc.integer({ min: 1, max: 40 }).map((count): Deed => ({
    text: `after ${count} events, `,
    async run(world) {
      for (let index = 0; index < count; index++) await world.timeline.step()
    },
  })),
  fc.integer({ min: 1, max: 6000 }).map((ms): Deed => ({
    text: `after ${ms} ms, `,
    run: (world) => world.timeline.pass(ms),
  })),
)

const command = (deed: fc.Arbitrary<Deed>): fc.Arbitrary<Happening> =>
  fc.tuple(wait, deed).map(([before, { text, run }]) => ({
    check: () => true,
    async run(_, world) {
      await before.run(world)
      world.tell(`-- ${text}`)
      await run(world)
      // Found at once, so that what comes later is no part of the story.
      if (world.witness.wrong.length > 0) throw new Error('see the witness')
    },
    toString: () => `${before.text}${text}`,
  }))

const botOf = (world: ModelWorld, index: number): Bot => {
  const bot = world.bots[index % world.bots.length]
  if (bot === undefined) throw new Error('there is no bot')
  return bot
}
const unitOf = ({ fleet }: ModelWorld, index: number) => {
  const names = [...fleet.units.keys()]
  return fleet.unit(names[index % names.length] ?? '')
}

const bot = fc.nat({ max: 2 })
const unit = fc.nat({ max: 7 })

const withBot = (what: string, run: (world: ModelWorld, bot: Bot) => void): fc.Arbitrary<Deed> =>
  bot.map((index) => happening(`${what} bot ${index + 1}`, (world) => run(world, botOf(world, index))))
const withUnit = (what: string, run: (world: ModelWorld, unit: ReturnType<typeof unitOf>) => void) =>
  unit.map((index) => happening(`${what} unit ${index + 1}`, (world) => run(world, unitOf(world, index))))
const plain = (what: string, run: (world: ModelWorld) => Promise<void> | void): fc.Arbitrary<Deed> =>
  fc.constant(happening(what, run))

/** What may happen at one very moment: after a step was recorded and before it was done, and so on. */
const sudden: Readonly<Record<string, (world: ModelWorld, one: Bot) => void>> = {
  kill: (world, one) => world.kill(one),
  stop: (world, one) => world.freeze(one),
  abort: (world) => people.abort(world),
  pause: (world) => people.pause(world),
  'lock the target': (world) => people.lock(world, false),
  'start all anew': ({ fleet }) => [...fleet.units.values()].forEach((one) => fleet.restart(one)),
  'move the tag outside': (world) => world.registry.move(releaseOf('v9').digest, 'somebody'),
}

/** At one of the next such moments of any bot. */
const ambush = fc
  .record({
    point: fc.constantFrom<Point>(
      'commit-sent',
      'commit-applied',
      'call-began',
      'call-landed',
      'push-begun',
      'push-sent',
      'push-heard',
    ),
    deed: fc.constantFrom('kill', 'kill', 'stop', 'stop', ...Object.keys(sudden)),
    passes: fc.nat({ max: 4 }),
  })
  .map(({ point, deed, passes }) =>
    happening(`${deed} at ${point} number ${passes + 1}`, (world) =>
      world.ambush(point, passes, (one) => sudden[deed]?.(world, one)),
    ),
  )

const link = fc.tuple(bot, fc.constantFrom<Link['state']>('well', 'cut', 'deaf', 'slow')).map(([index, state]) =>
  happening(`etcd is ${state} for bot ${index + 1}`, (world) => {
    botOf(world, index).link.state = state
  }),
)
const manner = fc
  .tuple(fc.constantFrom<Verb>('start', 'stop', 'destroy'), fc.constantFrom<Manner>('well', 'idle', 'lie', 'hang'))
  .map(([verb, how]) =>
    happening(`fleetctl ${verb} goes ${how}`, (world) => {
      world.manners[verb] = how
    }),
  )
const thaw = fc
  .tuple(bot, fc.boolean())
  .map(([index, backwards]) =>
    happening(`continue bot ${index + 1}${backwards ? ', newest first' : ''}`, (world) =>
      botOf(world, index).process.thaw(backwards),
    ),
  )
const jump = fc.tuple(bot, fc.integer({ min: -600_000, max: 600_000 })).map(([index, ms]) =>
  happening(`the clock of bot ${index + 1} is wrong by ${ms} ms`, (world) => {
    botOf(world, index).process.wrongBy = ms
  }),
)
const locks = fc
  .tuple(fc.boolean(), fc.boolean())
  .map(([tier, on]) =>
    happening(`${on ? 'lock' : 'unlock'} ${tier ? 'the tier' : 'the target'}`, (world) =>
      (on ? people.lock : people.unlock)(world, tier),
    ),
  )

const registry = fc.constantFrom<RegistryManner>('well', 'well', 'away', 'deaf', 'slow', 'refuses', 'idle').map((how) =>
  happening(`the registry is ${how}`, (world) => {
    world.registry.manner = how
  }),
)
const outside = fc
  .constantFrom('v1', 'v2', 'v3', 'v9')
  .map((tag) =>
    happening(`somebody moves the tag to ${tag}`, (world) => world.registry.move(releaseOf(tag).digest, 'somebody')),
  )
const goOn = fc
  .constantFrom(0, 0, 20_000)
  .map((forMs) => happening(`continue in ${forMs} ms`, (world) => people.goOn(world, forMs)))

const scale = fc
  .integer({ min: -2, max: 2 })
  .map((by) => happening(`scale by ${by}`, (world) => world.scale(Math.max(1, world.fleet.instances.length + by))))
const units = fc.boolean().map((anew) =>
  happening(`${anew ? 'submit another unit file, and ' : ''}deploy --units`, (world) => {
    if (anew) world.fleet.template += '+'
    return world.deploy({ units: true })
  }),
)
const nowhere = plain('submit a unit file that no machine matches, and deploy --units', (world) => {
  world.fleet.template += '!'
  return world.deploy({ units: true })
})
const preparation = fc.constantFrom<PreparationManner>('well', 'well', 'fails', 'hangs', 'refused').map((how) =>
  happening(`preparations go ${how}`, (world) => {
    world.prepares = how
  }),
)

/** Its process ends some seconds after it was proven, mostly before the rollout ends. */
const afterProof = fc
  .tuple(fc.integer({ min: 0, max: 8000 }), fc.constantFrom('crashes', 'crashes', 'dies', 'is withdrawn'))
  .map(([ms, fate]) =>
    happening(`${ms} ms after the next proof it ${fate}`, (world) =>
      world.afterProof(ms, fate, (one) => {
        if (fate === 'crashes') world.fleet.crash(one)
        else if (fate === 'dies') world.fleet.die(one)
        else world.fleet.withdraw(one)
      }),
    ),
  )

const deeds: readonly fc.Arbitrary<Deed>[] = [
  plain('nothing', () => undefined),
  plain('nothing', () => undefined),
  ambush,
  ambush,
  ambush,
  withBot('kill', (world, one) => world.kill(one)),
  withBot('start', (world, one) => world.start(one)),
  withBot('stop', (world, one) => world.freeze(one)),
  thaw,
  withBot('drain', (world, one) => world.drain(one)),
  link,
  plain('etcd goes away', (world) => void (world.etcd.away = true)),
  plain('etcd comes back', (world) => void (world.etcd.away = false)),
  jump,
  manner,
  plain('fleet is silent', (world) => void (world.fleet.silent = true)),
  plain('fleet answers', (world) => void (world.fleet.silent = false)),
  withUnit('its agent stands still:', (_, one) => void (one.frozen = true)),
  withUnit('its agent goes on:', (world, one) => world.fleet.thaw(one)),
  withUnit('its row is missing:', (_, one) => void (one.hidden = true)),
  withUnit('its row is back:', (_, one) => void (one.hidden = false)),
  withUnit('its process ends:', (world, one) => world.fleet.die(one)),
  withUnit('its process crashes:', (world, one) => world.fleet.crash(one)),
  withUnit('its fleetd is restarted:', (world, one) => world.fleet.withdraw(one)),
  afterProof,
  afterProof,
  withUnit('it falls over once:', (_, one) => void (one.falls = 1)),
  withUnit('it is sick:', (_, one) => {
    one.healthy = false
  }),
  withUnit('it is well:', (world, one) => {
    world.witness.well(one)
    one.healthy = true
  }),
  plain('deploy', (world) => world.deploy()),
  scale,
  scale,
  units,
  nowhere,
  plain('abort', people.abort),
  plain('pause', people.pause),
  plain('resume', people.resume),
  plain('confirm', people.confirm),
  plain('take', people.take),
  plain('stop the tier', (world) => people.stopTier(world, 'stop')),
  plain('go', (world) => people.stopTier(world, 'go')),
  locks,
  registry,
  registry,
  preparation,
  outside,
  goOn,
  withUnit('its machine starts it anew:', (world, one) => world.fleet.restart(one)),
  withUnit('it will pull v9:', (_, one) => void (one.stray = releaseOf('v9').digest)),
]

/** For `fc.commands`. */
export const happenings: fc.Arbitrary<Happening>[] = deeds.map(command)
