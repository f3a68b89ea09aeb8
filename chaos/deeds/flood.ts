import { type, type Deed } from '../typing.ts'
import { people, tier, type Person } from '../world/shop.ts'

const most = 160
/** Sent at the same time. */
const atOnce = 40

/** Somebody's script types far more than Opsee answers: reads, and what the person has no right to. */
export const floods: Deed = async (world, chances) => {
  const person: Person = chances.pick(['mallory', 'carol'])
  const texts =
    person === 'mallory'
      ? (['status', `deploy vape ${tier}`, `lock ${tier} "mine"`, 'abort 1', 'whoami'] as const)
      : (['status', 'history', 'queue', 'locks', `can deploy vape ${tier}`] as const)
  const count = chances.between(atOnce, most)
  for (let sent = 0; sent < count; sent += atOnce) {
    const batch = Array.from({ length: Math.min(atOnce, count - sent) }, () => chances.pick(texts))
    if (person === 'mallory') {
      const user = people.mallory
      for (const text of new Set(batch)) world.typed.push({ tag: `flood: ${text}`, user, text, forbidden: true })
    }
    await Promise.all(batch.map((text) => type(world, person, text)))
  }
}
