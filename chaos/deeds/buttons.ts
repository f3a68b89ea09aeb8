import type { SlackMessage } from '../../demo/slack/control.ts'
import { oneOf } from '../faults/fault.ts'
import { deployers, type, type Deed } from '../typing.ts'
import { channels, people, type Person } from '../world/shop.ts'
import type { ChaosWorld } from '../world/world.ts'

interface Button {
  readonly message: string
  /** The command behind it. */
  readonly command: string
}

/** Older messages have scrolled away. */
const newest = 30

const buttonsOn = ({ ts, blocks }: SlackMessage): readonly Button[] =>
  blocks.flatMap(({ elements = [] }) =>
    elements.flatMap(({ type, value }) =>
      type === 'button' && value !== undefined ? [{ message: ts, command: value }] : [],
    ),
  )

/** Somebody presses a button; now and then two people press the same one at once, or somebody who may not. */
export const pressesButton: Deed = async (world, chances) => {
  const messages = await world.slack.messages(channels.main).catch(() => [])
  const buttons = messages.slice(-newest).flatMap(buttonsOn)
  if (buttons.length === 0) return type(world, 'carol', 'status')
  const button = oneOf(chances, buttons)
  const first: Person = chances.happens(0.2) ? 'mallory' : chances.pick(deployers)
  const all = chances.happens(0.4) ? [first, chances.pick(deployers)] : [first]
  await Promise.all(all.map((person) => press(world, person, button)))
}

async function press({ slack, typed }: ChaosWorld, person: Person, { message, command }: Button): Promise<void> {
  const forbidden = person === 'mallory'
  typed.push({ tag: `the button ${command}`, user: people[person], text: command, forbidden })
  await slack.click(people[person], channels.main, message, command).catch(() => undefined)
}
