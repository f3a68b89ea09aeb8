import { code, mention, words } from '../domain/wording.ts'
import type { Decision, Policy } from './policy.ts'
import type { Question } from './question.ts'
import type { Denial } from './rights.ts'
import type { EntryRuling } from './rules.ts'

/** The words of a denial. */

export interface WhoCould {
  /** Policies that would permit it to others. */
  readonly policies: readonly string[]
  readonly whoCould: readonly {
    /** A group's name, or a Slack user id. */
    readonly name: string
    readonly text: string
  }[]
}

/** The denial of somebody who may not even ask. */
export function refusedAtEntry(ruling: EntryRuling): Denial {
  return { message: entryWords(ruling), policies: [], whoCould: [] }
}

function entryWords(ruling: EntryRuling): string {
  if (ruling.kind === 'no-person') return '🚫 Refused: the request did not come from a person in Slack.'
  const team = ruling.team === '' ? 'another organisation' : `another organisation (${words(ruling.team)})`
  if (ruling.may === 'read') {
    return `🚫 Refused: you belong to ${team}, whose people may read here and change nothing. Ask somebody of this workspace.`
  }
  const line = code(`slack.teams: { ${ruling.team === '' ? 'T…' : words(ruling.team)}: read }`)
  return (
    `🚫 Refused: you belong to ${team}, and Opsee only answers people of this one. ` +
    `An operator of Opsee can let your team read: ${line} in opsee.yaml.`
  )
}

/** A copy of the policy from before there was this right does not name it. */
const auditHint =
  'An operator adds to the policy: ' +
  '`@id("admins-read-the-audit-log") permit (principal in Group::"admins", action == Action::"audit", resource);`'

/** The denial that the policy's own decision stands for. */
export function refusedByPolicy(
  question: Question,
  decision: Exclude<Decision, { kind: 'allowed' }>,
  policy: Policy,
  { policies, whoCould }: WhoCould,
): Denial {
  const refused = `You may not ${askedFor(question)}`
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
      const hint = question.action === 'audit' && ask === '' ? ` ${auditHint}` : ''
      return { message: `${refused}: ${needs}${says}.${hint}`, policies: [], whoCould: names }
    }
    case 'undecidable': {
      const message = `${refused}: the policy could not decide it (${decision.message}). An operator runs \`npm run check:config\`.`
      return { message, policies: [], whoCould: [] }
    }
  }
}

/** `deploy api to production`, `lift the lock on all of production`. */
export function askedFor(question: Question): string {
  const { action, scope } = question
  if (scope.kind === 'shop') return action === 'read' ? 'read what Opsee knows' : 'read the audit log'
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
    case 'audit':
      return `look at ${where}`
  }
}

const policyWords = (ids: readonly string[]): string =>
  `${ids.length === 1 ? 'policy' : 'policies'} ${list(
    ids.map((id) => `"${id}"`),
    'and',
  )}`

export function list(names: readonly string[], word: string): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`
}
