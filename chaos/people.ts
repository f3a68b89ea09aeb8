import { setTimeout as sleep } from 'node:timers/promises'
import type { Chances } from './random.ts'
import { oneOf } from './faults/fault.ts'
import { goodBuilds } from './world/registry.ts'
import { channels, isReleased, people, tier, type Person } from './world/shop.ts'
import type { ChaosWorld } from './world/world.ts'

/** One thing that somebody does, chosen when it is done, as it depends on what is there. */
export type Deed = (world: ChaosWorld, chances: Chances, tag: string) => Promise<void>

const deployers = ['ann', 'bob', 'carol'] as const

/** Types `/opsee <text>`; a Slack that refuses, or a bot that does not answer, is part of the game. */
async function type({ slack }: ChaosWorld, person: Person, text: string): Promise<void> {
  await slack.command(people[person], channels.main, text).catch(() => undefined)
}

const serviceOf = ({ options }: ChaosWorld, chances: Chances): string => oneOf(chances, options.services).name

/** Who gets no answer asks again: no bot may have been there to hear. Each time it is another command. */
const mostTries = 3

async function roll(world: ChaosWorld, chances: Chances, tag: string, person: Person): Promise<void> {
  const verb = chances.pick(['deploy', 'restart'])
  const service = oneOf(chances, world.options.services)
  const release = verb === 'deploy' && isReleased(service) ? ` ${chances.pick(wantedBuilds)}` : ''
  await begin(world, person, tag, `${verb} ${service.name} ${tier}${release}${mannerOf(chances)}`)
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

/** Types it until something comes of it, or an answer; once more when that is that etcd does not answer, as it asks for. */
export async function begin(world: ChaosWorld, person: Person, tag: string, words: string): Promise<void> {
  for (let tries = 1; tries <= mostTries; tries++) {
    const own = `${tag}-${tries}-`
    const text = `${words} --reason "${own}"`
    world.typed.push({ tag: own, user: people[person], text, forbidden: person === 'mallory' })
    const before = await answersTo(world, person)
    await type(world, person, text)
    for (let looks = 0; looks < 30; looks++) {
      const answers = (await answersTo(world, person)).slice(before.length)
      if (begun(world, own) || answers.some((answer) => !answer.includes('etcd'))) return
      await sleep(200)
    }
  }
}

const begun = ({ recorder }: ChaosWorld, tag: string): boolean =>
  [...recorder.now].some(([key, value]) => key.startsWith('rollouts/') && value.includes(tag))

async function answersTo({ slack }: ChaosWorld, person: Person): Promise<readonly string[]> {
  const messages = await slack.messages(channels.main)
  return messages.filter(({ ephemeral_to }) => ephemeral_to === people[person]).map(({ text }) => text)
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
