import { mention } from '../domain/wording.ts'
import type { Groups } from './groups.ts'
import type { Question } from './question.ts'
import type { Decision, Policy } from './policy.ts'
import type { Denial } from './rights.ts'

/** Members of one group that are named before "and 4 more". */
const membersShown = 5

/** In one or two sentences for a person in an incident: what was refused, by what, and who could do it. */
export async function explainDenial(input: {
  readonly question: Question
  readonly decision: Decision
  readonly policy: Policy
  readonly groups: Groups
  /** Groups whose members could not be read, and on which the answer hangs. */
  readonly unknown: readonly string[]
}): Promise<Denial> {
  const { question, decision, policy, groups, unknown } = input
  const refused = `You may not ${askedFor(question)}`
  if (unknown.length > 0) {
    const message =
      `${refused} now: the members of ${list(unknown, 'and')} could not be read from Slack, and the answer hangs on ` +
      `them. Try again in a minute; if it stays so, an operator runs \`npm run check:config\`.`
    return { message, policies: [], whoCould: [] }
  }
  const { policies, whoCould } = await othersWhoCould(question, policy, groups)
  const ask = whoCould.length === 0 ? '' : ` ${whoCould.map((who) => who.text).join(', or ')}`
  const names = whoCould.map((who) => who.name)
  switch (decision.kind) {
    case 'forbidden': {
      const reasons = decision.policies.map((id) => policy.reasonOf(id)).filter((reason) => reason !== null)
      const why = reasons.length === 0 ? '' : ` (${reasons.join('; ')})`
      const others = ask === '' ? 'No group is exempt from it.' : `Who could:${ask}.`
      const message = `${refused}: ${policyWords(decision.policies)} forbids it${why}. ${others}`
      return { message, policies: decision.policies, whoCould: names }
    }
    case 'not-permitted': {
      const needs = ask === '' ? 'no policy permits that to anybody' : `that takes${ask}`
      const says = policies.length === 0 ? '' : `, says ${policyWords(policies)}`
      return { message: `${refused}: ${needs}${says}.`, policies: [], whoCould: names }
    }
    case 'undecidable': {
      const message = `${refused}: the policy could not decide it (${decision.message}). An operator runs \`npm run check:config\`.`
      return { message, policies: [], whoCould: [] }
    }
    case 'allowed':
      throw new Error('an allowed decision has no denial')
  }
}

interface Who {
  /** A group's name, or a Slack user id. */
  readonly name: string
  readonly text: string
}

/** Asks the policy for a made-up member of each group, for the owner, and for the people that the policies name. */
async function othersWhoCould(
  question: Question,
  policy: Policy,
  groups: Groups,
): Promise<{ readonly policies: readonly string[]; readonly whoCould: readonly Who[] }> {
  const decideFor = (id: string, memberOf: readonly string[]): readonly string[] | null => {
    const decision = policy.decide({ principal: { id, groups: memberOf }, ...question })
    return decision.kind === 'allowed' ? decision.policies : null
  }
  const policies = new Set<string>()
  const whoCould: Who[] = []
  const { owner } = question
  const ownerMay = owner === null ? null : decideFor(owner, (await groups.of(owner)).groups)
  if (owner !== null && ownerMay !== null) {
    whoCould.push({
      name: owner,
      text: `${mention(owner)}, whose ${question.action === 'unlock' ? 'lock' : 'rollout'} it is`,
    })
    for (const id of ownerMay) policies.add(id)
  }
  for (const group of groups.names) {
    const may = decideFor(nobody, [group])
    if (may === null) continue
    whoCould.push({ name: group, text: `a member of ${group}${memberWords(await groups.members(group))}` })
    for (const id of may) policies.add(id)
  }
  for (const person of policy.people) {
    if (person === owner) continue
    const may = decideFor(person, [])
    if (may === null) continue
    whoCould.push({ name: person, text: `<@${person}>` })
    for (const id of may) policies.add(id)
  }
  return { policies: [...policies].sort(), whoCould }
}

/** No Slack user has this id. */
const nobody = 'U0'

function memberWords(members: readonly string[] | null): string {
  if (members === null) return ' (Slack does not say now who that is)'
  if (members.length === 0) return ' (which has no members)'
  const shown = members.slice(0, membersShown).map((id) => `<@${id}>`)
  const more = members.length - shown.length
  return ` (${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''})`
}

/** `deploy api to production`, `lift the lock on all of production`. */
function askedFor(question: Question): string {
  const { action, scope } = question
  if (scope.kind === 'shop') return action === 'read' ? 'read what Opsee knows' : action
  const where = scope.kind === 'tier' ? `all of ${scope.tier}` : `${scope.target.service} in ${scope.target.tier}`
  switch (action) {
    case 'deploy':
      return scope.kind === 'tier' ? `deploy ${where}` : `deploy ${scope.target.service} to ${scope.target.tier}`
    case 'restart':
      return `restart ${where}`
    case 'rollback':
      return `take back ${where}`
    case 'promote':
      return `promote a release to ${where}`
    case 'scale':
      return `scale ${where}`
    case 'abort':
      return `abort ${question.owner === null ? 'a' : `${mention(question.owner)}'s`} rollout of ${where}`
    case 'stop':
      return `stop everything that rolls in ${where.replace(/^all of /, '')}`
    case 'go':
      return `lift the stop of ${where}`
    case 'take':
    case 'pause':
    case 'resume':
    case 'continue':
      return `${action} ${question.owner === null ? 'a' : `${mention(question.owner)}'s`} rollout of ${where}`
    case 'retry':
      return `retry a rollout of ${where}`
    case 'lock':
      return `lock ${where}`
    case 'pin':
      return `pin a release of ${where}`
    case 'unpin':
      return `lift the pin of ${where}`
    case 'unlock':
      return `lift ${question.owner === null ? 'a' : `${mention(question.owner)}'s`} lock on ${where}`
    case 'read':
      return `look at ${where}`
  }
}

const policyWords = (ids: readonly string[]): string =>
  `${ids.length === 1 ? 'policy' : 'policies'} ${list(
    ids.map((id) => `"${id}"`),
    'and',
  )}`

function list(names: readonly string[], word: string): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`
}
