import { setTimeout as sleep } from 'node:timers/promises'
import type { Chances } from './random.ts'
import { channels, people, type Person } from './world/shop.ts'
import type { ChaosWorld } from './world/world.ts'

/** One thing that somebody does. It is chosen when it is done, because it depends on what is there then. */
export type Deed = (world: ChaosWorld, chances: Chances, tag: string) => Promise<void>

/** Those who may deploy. */
export const deployers = ['ann', 'bob', 'carol'] as const

/** Types `/opsee <text>`. A Slack that refuses, and a bot that does not answer, are part of the game. */
export async function type({ slack }: ChaosWorld, person: Person, text: string): Promise<void> {
  await slack.command(people[person], channels.main, text).catch(() => undefined)
}

/** Whoever gets no answer types again, because no bot may have heard it. Each time it is a different command. */
const mostTries = 3

/** Types it until something comes of it, or an answer; again when the answer is that etcd does not answer. */
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
  const messages = await slack.messages(channels.main).catch(() => [])
  return messages.filter(({ ephemeral_to }) => ephemeral_to === people[person]).map(({ text }) => text)
}
