import { setTimeout as sleep } from 'node:timers/promises'
import type { Chances } from './random.ts'
import { oneOf } from './faults/fault.ts'
import { channels, people, tier, type Person } from './world/shop.ts'
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
  const batch = chances.pick(['', '', ' --batch 2', ' --batch 50%', ' --canary 1'])
  const force = chances.happens(0.3) ? ' --force' : ''
  const service = serviceOf(world, chances)
  for (let tries = 1; tries <= mostTries; tries++) {
    const own = `${tag}-${tries}-`
    const text = `${verb} ${service} ${tier}${batch}${force} --reason "${own}"`
    world.typed.push({ tag: own, user: people[person], text, forbidden: person === 'mallory' })
    const before = await answersTo(world, person)
    await type(world, person, text)
    for (let looks = 0; looks < 30; looks++) {
      if (begun(world, own) || (await answersTo(world, person)) > before) return
      await sleep(200)
    }
  }
}

const begun = ({ recorder }: ChaosWorld, tag: string): boolean =>
  [...recorder.now].some(([key, value]) => key.startsWith('rollouts/') && value.includes(tag))

async function answersTo({ slack }: ChaosWorld, person: Person): Promise<number> {
  const messages = await slack.messages(channels.main)
  return messages.filter(({ ephemeral_to }) => ephemeral_to === people[person]).length
}

/** A rollout that is under way. */
function live({ recorder }: ChaosWorld, phase: string): number | null {
  const found = [...recorder.now].find(
    ([key, value]) => key.startsWith('rollouts/') && value.includes(`"phase":"${phase}"`),
  )
  return found === undefined ? null : Number(found[0].slice(-12))
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
]

/** At first something rolls; then anything may come. */
export const deedAt = (chances: Chances, index: number): Deed => (index < 2 ? rolls : chances.pick(deeds))

/** Lifts every lock and every pause there is, and says yes to every plan that waits for it; true when there is none. */
export async function letGo(world: ChaosWorld): Promise<boolean> {
  const { now } = world.recorder
  const locks = [...now.keys()].filter((key) => key.startsWith('locks/'))
  for (const key of locks) {
    const [where = tier, service] = key.split('/').slice(1)
    await type(world, 'ann', `unlock ${service === undefined ? '' : `${service} `}${where}`)
  }
  const paused = [...now].filter(
    ([key, value]) => key.startsWith('wishes/') && value.includes('"pause":{"kind":"pause"'),
  )
  for (const [key] of paused) await type(world, 'ann', `resume ${Number(key.slice(-12))}`)
  const asking = [...now].filter(
    ([key, value]) => key.startsWith('rollouts/') && value.includes('"waiting":{"for":{"kind":"yes"'),
  )
  for (const [key] of asking) await type(world, 'ann', `confirm ${Number(key.slice(-12))}`)
  return locks.length === 0 && paused.length === 0 && asking.length === 0
}
