import { query } from '../src/command/define.ts'
import { targetsIn } from '../src/command/parts/scopes.ts'
import { done } from '../src/command/text.ts'
import { rights, tierRights, type Actor, type Right } from '../src/authorization/rights.ts'
import { targetText, type Target } from '../src/domain/target.ts'
import { code, personText, series } from '../src/domain/wording.ts'

export default query({
  summary: 'Who you are here: your groups, and what you may do where.',
  examples: ['whoami'],
  positionals: {},
  flags: {},
  async answer(_args, { request, catalog, read }) {
    const { actor } = request
    const groups = await read.rights.groupsOf(actor)
    const member = groups.length === 0 ? 'in no group that Opsee knows' : `in ${series(groups.map(code))}`
    const targets = catalog.tiers.flatMap((tier) => targetsIn(catalog, null, tier))
    const questions = targets.flatMap((target) => questionsOn(target, actor))
    const answers = await read.rights.allowed(actor, questions)
    const yes = new Set(questions.filter((_, index) => answers[index] === true).map(nameOf))
    const lines = catalog.tiers.flatMap((tier) => {
      const held = targets
        .filter((target) => target.tier === tier)
        .map((target) => [target.service, rightsOn(target, actor, yes)] as const)
      return tierLines(tier, held)
    })
    return done([`You are ${personText(actor)} (${code(actor.id)}), ${member}. Everybody may read.`, ...lines])
  },
})

/** Nobody has this Slack id: whose lock or rollout it would be, when it is somebody else's. */
const somebodyElse = 'U0'

const ofTiers: ReadonlySet<Right> = new Set(tierRights)
const targetRights = rights.filter((right) => !ofTiers.has(right))

/** The rights that are asked for with the owner of something. */
const ofAnOwner: ReadonlySet<Right> = new Set(['pause', 'resume', 'abort', 'unlock'])

const ownersOf = (right: Right, actor: Actor): readonly (string | null)[] =>
  ofAnOwner.has(right) ? [somebodyElse, actor.id] : [null]

const questionsOn = (target: Target, actor: Actor) =>
  targetRights.flatMap((right) =>
    ownersOf(right, actor).map((owner) => ({ right, target, owner, scope: { kind: 'target' as const, target } })),
  )

const nameOf = ({ right, target, owner }: { right: Right; target: Target; owner: string | null }): string =>
  `${right} ${targetText(target)} ${owner ?? ''}`

function rightsOn(target: Target, actor: Actor, yes: ReadonlySet<string>): string {
  const words = targetRights.flatMap((right) => {
    const [first = null, second] = ownersOf(right, actor)
    if (yes.has(nameOf({ right, target, owner: first }))) return [right]
    return second !== undefined && yes.has(nameOf({ right, target, owner: second })) ? [`${right} (your own)`] : []
  })
  return series(words)
}

/** Services with the same rights stand together. */
function tierLines(tier: string, held: readonly (readonly [service: string, rights: string])[]): readonly string[] {
  const groups = new Map<string, string[]>()
  for (const [service, may] of held) groups.set(may, [...(groups.get(may) ?? []), service])
  return [...groups].map(([may, services]) => {
    const on = services.length === held.length ? 'every service' : series(services)
    return `${code(tier)}  ${may === '' ? 'nothing' : may} on ${on}`
  })
}
