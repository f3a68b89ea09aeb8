import { setTimeout as sleep } from 'node:timers/promises'
import type { Chances } from './random.ts'
import { pressesButton } from './deeds/buttons.ts'
import { floods } from './deeds/flood.ts'
import { promotes } from './deeds/promote.ts'
import { scales } from './deeds/scale.ts'
import { rollsUnitFiles } from './deeds/unit-files.ts'
import { oneOf } from './faults/fault.ts'
import { begin, deployers, type, type Deed } from './typing.ts'
import { goodBuilds } from './world/registry.ts'
import { isReleased, people, servicesIn, stagingTier, tier, type Person } from './world/shop.ts'
import type { ChaosWorld } from './world/world.ts'

const serviceOf = ({ options }: ChaosWorld, chances: Chances): string => oneOf(chances, options.services).name

async function roll(world: ChaosWorld, chances: Chances, tag: string, person: Person): Promise<void> {
  const verb = chances.pick(['deploy', 'restart'])
  const inStaging = servicesIn(world.options.services, stagingTier)
  const where = inStaging.length > 0 && chances.happens(0.15) ? stagingTier : tier
  const service = oneOf(chances, where === tier ? world.options.services : inStaging)
  const release = verb === 'deploy' && isReleased(service) ? ` ${chances.pick(wantedBuilds)}` : ''
  await begin(world, person, tag, `${verb} ${service.name} ${where}${release}${mannerOf(chances)}`)
}

/** Now and then what nobody should have built; and what the tag names anyway. */
const wantedBuilds = ['v1', 'v2', 'v3', 'v2', 'v3', 'bad', 'sick', ''] as const

/** One that serves, and is not what the tag names. */
export async function otherBuild({ registry }: ChaosWorld, chances: Chances, service: string): Promise<string> {
  const now = (await registry?.named(service).catch(() => null)) ?? null
  return oneOf(
    chances,
    goodBuilds.filter((build) => registry?.digestOf(service, build) !== now),
  )
}

/** Some of its instances, by their names. */
async function rollNamed(world: ChaosWorld, chances: Chances, tag: string, person: Person): Promise<void> {
  const service = oneOf(
    chances,
    world.options.services.filter(({ units }) => units.length > 1),
  )
  const first = chances.between(1, service.units.length)
  const named = chances.happens(0.5) ? `${first}` : `${first},${(first % service.units.length) + 1}`
  await begin(world, person, tag, `restart ${service.name}@${named} ${tier}${chances.happens(0.3) ? ' --force' : ''}`)
}

function mannerOf(chances: Chances): string {
  const batch = chances.pick(['', '', ' --batch 2', ' --batch 50%', ' --canary 1'])
  return `${batch}${chances.happens(0.3) ? ' --force' : ''}`
}

/** A rollout whose record holds this text. */
function rolloutWith({ recorder }: ChaosWorld, text: string): number | null {
  const found = [...recorder.now].find(([key, value]) => key.startsWith('rollouts/') && value.includes(text))
  return found === undefined ? null : Number(found[0].slice(-12))
}

const live = (world: ChaosWorld, phase: string): number | null => rolloutWith(world, `"phase":"${phase}"`)
const asking = '"waiting":{"for":{"kind":"yes"'

/** What somebody may not do, and tries: nothing may come of it. */
async function tryInVain(world: ChaosWorld, chances: Chances): Promise<void> {
  const id = live(world, 'rolling') ?? live(world, 'paused') ?? 1
  const text = chances.pick([`stop ${tier} "mine"`, `take ${id}`, `pause ${id}`, `abort ${id}`, `lock ${tier} "mine"`])
  world.typed.push({ tag: text, user: people.mallory, text, forbidden: true })
  await type(world, 'mallory', text)
}

/** The last rollout that left something to do. */
function lastUnfinished({ recorder }: ChaosWorld): number | null {
  for (const [key, value] of [...recorder.now].toSorted(([a], [b]) => b.localeCompare(a))) {
    if (key.startsWith('rollouts/') && /"phase":"(failed|aborted)"/.test(value)) return Number(key.slice(-12))
  }
  return null
}

const rolls: Deed = (world, chances, tag) => roll(world, chances, tag, chances.pick(deployers))

const deeds: readonly [Deed, ...Deed[]] = [
  rolls,
  rolls,
  rolls,
  rolls,
  (world, chances, tag) => roll(world, chances, tag, 'mallory'),
  (world, chances) => type(world, chances.pick(deployers), `abort ${serviceOf(world, chances)} ${tier} --reason "no"`),
  async (world, chances) => {
    const where = chances.happens(0.3) ? tier : `${serviceOf(world, chances)} ${tier}`
    await type(world, chances.pick(['bob', 'carol']), `lock ${where} "hold it"`)
  },
  (world, chances) => type(world, chances.pick(deployers), `unlock ${serviceOf(world, chances)} ${tier}`),
  async (world, chances) => {
    const id = lastUnfinished(world)
    await (id === null ? type(world, 'ann', `status`) : type(world, chances.pick(deployers), `retry ${id}`))
  },
  async (world, chances) => {
    const id = live(world, 'rolling')
    await (id === null ? type(world, 'bob', `history`) : type(world, chances.pick(deployers), `pause ${id}`))
  },
  async (world, chances) => {
    const id = live(world, 'paused')
    await (id === null ? type(world, 'bob', `locks`) : type(world, chances.pick(deployers), `resume ${id}`))
  },
  (world, chances, tag) => rollNamed(world, chances, tag, chances.pick(deployers)),
  tryInVain,
  async (world, chances) => {
    const id = live(world, 'rolling') ?? live(world, 'queued')
    await (id === null ? type(world, 'carol', `queue`) : type(world, chances.pick(deployers), `take ${id}`))
  },
  async (world, chances) => {
    const id = rolloutWith(world, asking)
    await type(world, chances.pick(deployers), id === null ? `queue ${tier}` : `confirm ${id}`)
  },
  (world, chances, tag) => ofRelease(world, chances, tag),
  (world, chances, tag) => ofRelease(world, chances, tag),
  pressesButton,
  pressesButton,
  pressesButton,
  scales,
  scales,
  promotes,
  promotes,
  rollsUnitFiles,
  rollsUnitFiles,
  floods,
  async (world, chances) => {
    const id = live(world, 'rolling-back')
    const word = chances.pick(['continue', 'abort', 'pause'])
    await type(world, chances.pick(deployers), id === null ? `drift` : `${word} ${id}`)
  },
  async (world, chances) => {
    await type(world, chances.pick(deployers), `stop ${tier} "look at this first"`)
    await sleep(chances.between(1000, 6000))
    await type(world, chances.pick(deployers), `go ${tier}`)
  },
]

/** What is said of the releases of a service. */
async function ofRelease(world: ChaosWorld, chances: Chances, tag: string): Promise<void> {
  const released = world.options.services.filter(isReleased)
  if (released.length === 0) return type(world, 'ann', 'locks')
  const { name } = oneOf(chances, released)
  const person = chances.pick(deployers)
  const build = chances.pick(goodBuilds)
  switch (chances.pick(['deploy', 'rollback', 'rollback', 'pin', 'unpin'])) {
    case 'deploy':
      return begin(world, person, tag, `deploy ${name} ${tier} ${build} --force`)
    case 'rollback':
      return begin(world, person, tag, `rollback ${name} ${tier}${chances.happens(0.5) ? ' --force' : ''}`)
    case 'pin':
      return type(world, person, `pin ${name} ${tier} ${build} "it is the best"`)
    case 'unpin':
      return type(world, person, `unpin ${name} ${tier}`)
  }
}

/** At first something rolls; then anything may come. */
export const deedAt = (chances: Chances, index: number): Deed => (index < 2 ? rolls : chances.pick(deeds))

/** Lifts every lock, every pin, every pause and every stop there is, and says yes to every plan that waits for it; true when there is none. */
export async function letGo(world: ChaosWorld): Promise<boolean> {
  const { now } = world.recorder
  const locks = [...now.keys()].filter((key) => key.startsWith('locks/'))
  for (const key of locks) {
    const [where = tier, service] = key.split('/').slice(1)
    await type(world, 'ann', `unlock ${service === undefined ? '' : `${service} `}${where}`)
  }
  const pins = [...now.keys()].filter((key) => key.startsWith('pins/'))
  for (const key of pins) {
    const [where = tier, service = ''] = key.split('/').slice(1)
    await type(world, 'ann', `unpin ${service} ${where}`)
  }
  const paused = [...now].filter(
    ([key, value]) => key.startsWith('wishes/') && value.includes('"pause":{"kind":"pause"'),
  )
  for (const [key] of paused) await type(world, 'ann', `resume ${Number(key.slice(-12))}`)
  const stopped = [...now].filter(([key, value]) => key.startsWith('stops/') && value.includes('"kind":"stop"'))
  for (const [key] of stopped) await type(world, 'ann', `go ${key.slice('stops/'.length)}`)
  const unsure = [...now].filter(([key, value]) => key.startsWith('rollouts/') && value.includes(asking))
  for (const [key] of unsure) await type(world, 'ann', `confirm ${Number(key.slice(-12))}`)
  return [locks, pins, paused, stopped, unsure].every(({ length }) => length === 0)
}
