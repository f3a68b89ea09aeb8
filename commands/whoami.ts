import { query } from '../src/command/define.ts'
import { targetsIn } from '../src/command/parts/scopes.ts'
import { done } from '../src/command/text.ts'
import {
  rights,
  shopRights,
  tierRights,
  type Actor,
  type Demand,
  type Right,
  type Scope,
} from '../src/authorization/rights.ts'
import { targetText } from '../src/domain/target.ts'
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
    const scopes: readonly Scope[] = [
      ...targets.map((target): Scope => ({ kind: 'target', target })),
      ...catalog.tiers.map((tier): Scope => ({ kind: 'tier', tier })),
      { kind: 'shop' },
    ]
    const questions = scopes.flatMap((scope) => questionsOn(scope, actor))
    const answers = await read.rights.allowed(actor, questions)
    const yes = new Set(questions.filter((_, index) => answers[index] === true).map(nameOf))
    const lines = catalog.tiers.flatMap((tier) => {
      const held = targets
        .filter((target) => target.tier === tier)
        .map((target) => [target.service, rightsOn({ kind: 'target', target }, actor, yes)] as const)
      const whole = rightsOn({ kind: 'tier', tier }, actor, yes)
      return [...tierLines(tier, held), ...(whole === '' ? [] : [`${code(tier)}  ${whole} on the whole tier`])]
    })
    const shop =
      rightsOn({ kind: 'shop' }, actor, yes) === '' ? [] : [`You may read the audit log: ${code('audit list')}.`]
    return done([`You are ${personText(actor)} (${code(actor.id)}), ${member}. Everybody may read.`, ...lines, ...shop])
  },
})

/** Nobody has this Slack id: whose lock or rollout it would be, when it is somebody else's. */
const somebodyElse = 'U0'

const ofTiers: ReadonlySet<Right> = new Set([...tierRights, ...shopRights])
const targetRights = rights.filter((right) => !ofTiers.has(right))
/** What can be asked for on a whole tier. */
const wholeRights: readonly Right[] = ['lock', 'unlock', ...tierRights]

/** The rights that are asked for with the owner of something. */
const ofAnOwner: ReadonlySet<Right> = new Set(['pause', 'resume', 'abort', 'unlock'])

const ownersOf = (right: Right, actor: Actor): readonly (string | null)[] =>
  ofAnOwner.has(right) ? [somebodyElse, actor.id] : [null]

const rightsIn = ({ kind }: Scope): readonly Right[] =>
  kind === 'shop' ? shopRights : kind === 'tier' ? wholeRights : targetRights

const questionsOn = (scope: Scope, actor: Actor): readonly Demand[] =>
  rightsIn(scope).flatMap((right) => ownersOf(right, actor).map((owner) => ({ right, scope, owner })))

const nameOf = ({ right, scope, owner }: Demand): string => `${right} ${placeOf(scope)} ${owner ?? ''}`

const placeOf = (scope: Scope): string =>
  scope.kind === 'shop' ? '' : scope.kind === 'tier' ? scope.tier : targetText(scope.target)

function rightsOn(scope: Scope, actor: Actor, yes: ReadonlySet<string>): string {
  const words = rightsIn(scope).flatMap((right) => {
    const [first = null, second] = ownersOf(right, actor)
    if (yes.has(nameOf({ right, scope, owner: first }))) return [right]
    return second !== undefined && yes.has(nameOf({ right, scope, owner: second })) ? [`${right} (your own)`] : []
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
