import { code, mention } from '../domain/wording.ts'
import { askedFor, list, refusedAtEntry, refusedByPolicy, type WhoCould } from './denial-text.ts'
import type { Groups } from './groups.ts'
import type { People } from './people.ts'
import type { Policy } from './policy.ts'
import type { Question } from './question.ts'
import type { Actor, Denial } from './rights.ts'
import { ownerStopsRule, rule, type OtherTeams, type Ruling } from './rules.ts'

/** Members of one group that are named before "and 4 more". */
const membersShown = 5

/** What the chat did not say, where the answer depends on it. */
export interface Unread {
  /** Groups whose members could not be read. */
  readonly groups: readonly string[]
  /** The person's own account could not be read, and a policy asks about it. */
  readonly person: boolean
}

/** In one or two sentences for a person in an incident: what was refused, by which rule, and who could do it. */
export async function explainDenial(input: {
  readonly actor: Actor
  readonly question: Question
  readonly ruling: Ruling
  readonly policy: Policy
  readonly groups: Groups
  readonly people: People
  readonly teams: OtherTeams
  readonly unread: Unread
}): Promise<Denial> {
  const { actor, question, ruling, policy, unread } = input
  if (unread.groups.length > 0 || unread.person) {
    return { message: unreadWords(question, unread), policies: [], whoCould: [] }
  }
  switch (ruling.kind) {
    case 'no-person':
    case 'other-organisation':
      return refusedAtEntry(ruling)
    case 'may-not-roll-out': {
      const { decision, right } = ruling
      if (decision.kind === 'allowed') throw new Error('an allowed decision has no denial')
      const rolling: Question = { ...question, action: right, owner: null }
      const denial = refusedByPolicy(rolling, decision, policy, await othersWhoCould(rolling, input))
      const own = question.owner === actor.id && question.action !== 'retry'
      const still = own ? ` It is still yours to ${code('pause')} and ${code('abort')}.` : ''
      const first = `You may not ${askedFor(question)}, because a rollout only proceeds for a person who may roll it out.`
      return { ...denial, message: `${first} ${denial.message}${still}` }
    }
    case 'allowed':
      throw new Error('an allowed decision has no denial')
    case 'forbidden':
    case 'not-permitted':
    case 'undecidable':
      return refusedByPolicy(question, ruling, policy, await othersWhoCould(question, input))
  }
}

function unreadWords(question: Question, { groups, person }: Unread): string {
  const what = [
    ...(groups.length === 0 ? [] : [`the members of ${list(groups, 'and')}`]),
    ...(person ? ['your own account'] : []),
  ]
  return (
    `You may not ${askedFor(question)} now: ${list(what, 'and')} could not be read from Slack, and the answer depends on ` +
    `that. Try again in a minute. If it stays so, an operator runs \`npm run check:config\`.`
  )
}

/** Asks for a made-up member of each group, for the owner, and for the people that the policies name. */
async function othersWhoCould(
  question: Question,
  deps: Pick<Parameters<typeof explainDenial>[0], 'policy' | 'groups' | 'people' | 'teams'>,
): Promise<WhoCould> {
  const { policy, groups, teams } = deps
  const traits = policy.asksAboutPeople ? await deps.people.ordinary() : undefined
  const decideFor = (id: string, memberOf: readonly string[]): readonly string[] | null => {
    const ruling = rule(policy, teams, { kind: 'person', id, groups: memberOf, traits }, question)
    return ruling.kind === 'allowed' ? ruling.policies : null
  }
  const policies = new Set<string>()
  const whoCould: WhoCould['whoCould'][number][] = []
  const { owner } = question
  const ownerMay = owner === null ? null : decideFor(owner, (await groups.of(owner)).groups)
  if (owner !== null && ownerMay !== null) {
    whoCould.push({
      name: owner,
      text: `${mention(owner)}, whose ${question.action === 'unlock' ? 'lock' : 'rollout'} it is`,
    })
    for (const id of ownerMay.filter((one) => one !== ownerStopsRule)) policies.add(id)
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
