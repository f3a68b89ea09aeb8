import { createHash } from 'node:crypto'
import { policyToJson, preparsePolicySet, preparseSchema, statefulIsAuthorized, validate } from './cedar.ts'
import type { Principal, Shop, WholeShop } from './entities.ts'
import { entitiesOf, resourceOf, uidOf } from './entities.ts'
import { policySchema } from './policy-schema.ts'
import type { PolicyPart, PolicyProblem } from './policy-source.ts'
import { place, problemAt, splitPolicies } from './policy-source.ts'
import { asksAboutPeople, namedEntities, unknownEntities } from './policy-names.ts'
import type { Right, Scope } from './rights.ts'

/** One question to the policy. */
interface PolicyRequest {
  readonly principal: Principal
  readonly action: Right | 'read'
  readonly scope: Scope | WholeShop
  /** Slack user id of who holds the lock, or started the rollout; null when nobody. */
  readonly owner: string | null
  /** By which a release is asked for; none where nobody named one. */
  readonly tag?: string | undefined
}

export type Decision =
  /** `policies` are the `@id`s that permitted it. */
  | { readonly kind: 'allowed'; readonly policies: readonly string[] }
  /** `policies` are the `@id`s that forbade it. */
  | { readonly kind: 'forbidden'; readonly policies: readonly string[] }
  | { readonly kind: 'not-permitted' }
  /** It could not be decided, which is a denial. `message` is a clause for a person. */
  | { readonly kind: 'undecidable'; readonly message: string }

export interface Policy {
  /** Pure; about 0.3 ms. */
  decide(request: PolicyRequest): Decision
  /** The `@reason` of a policy; null when it has none. */
  reasonOf(id: string): string | null
  /** Slack user ids that the policies name. */
  readonly people: readonly string[]
  /** Whether a policy asks about `team` or `isGuest` of a person: only then they must be known. */
  readonly asksAboutPeople: boolean
}

export type LoadedPolicy =
  | { readonly kind: 'policy'; readonly policy: Policy }
  | { readonly kind: 'refused'; readonly problems: readonly PolicyProblem[] }

interface NamedPart extends PolicyPart {
  readonly id: string
  readonly reason: string | null
  readonly json: unknown
}

/** Reads a policy file strictly: its syntax, its types, its `@id`s, and that all it names is in the configuration. */
export function loadPolicy(text: string, shop: Shop): LoadedPolicy {
  const { parts, problems } = splitPolicies(text)
  const named = nameParts(text, parts, problems)
  problems.push(...validationProblems(text, named), ...named.flatMap((part) => unknownEntities(text, part, shop)))
  if (problems.length > 0) {
    return { kind: 'refused', problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) }
  }
  const policy = createPolicy(named, shop)
  // Cedar's first decision takes a tenth of a second: not when a person waits.
  policy.decide({ principal: { id: 'U0', groups: [] }, action: 'read', scope: { kind: 'shop' }, owner: null })
  return { kind: 'policy', policy }
}

/** A problem on one line: `policy.cedar:12:3: policy "x": …`. */
export function policyProblemText(file: string, problem: PolicyProblem): string {
  const policy = problem.policy === null ? '' : `policy "${problem.policy}": `
  return `${file}:${problem.line}:${problem.column}: ${policy}${problem.message}`
}

function createPolicy(parts: readonly NamedPart[], shop: Shop): Policy {
  const staticPolicies = Object.fromEntries(parts.map((part) => [part.id, part.text]))
  // Cedar keeps what was parsed under a name for as long as the process lives: the name is that of the content.
  const name = createHash('sha256').update(policySchema).update(JSON.stringify(staticPolicies)).digest('hex')
  for (const answer of [preparseSchema(name, policySchema), preparsePolicySet(name, { staticPolicies })]) {
    if (answer.type === 'failure') throw new Error(`Cedar read the policy once, but not twice: ${first(answer.errors)}`)
  }
  const reasons = new Map(parts.map((part) => [part.id, part.reason]))
  const people = new Set(parts.flatMap((part) => namedEntities(part.json).get('User') ?? []))
  return {
    people: [...people],
    asksAboutPeople: parts.some((part) => asksAboutPeople(part.json)),
    reasonOf: (id) => reasons.get(id) ?? null,
    decide: (request) => decide(name, shop, request),
  }
}

function decide(name: string, shop: Shop, request: PolicyRequest): Decision {
  const { principal, action, scope, owner, tag } = request
  const entities = entitiesOf(shop, principal, scope)
  if (entities === null) return { kind: 'undecidable', message: 'that is not in the configuration' }
  const context = {
    isOwner: owner === principal.id,
    ...(owner === null ? {} : { owner: { __entity: { type: 'User', id: owner } } }),
    ...(tag === undefined ? {} : { tag }),
  }
  const answer = statefulIsAuthorized({
    preparsedPolicySetId: name,
    preparsedSchemaName: name,
    validateRequest: true,
    principal: uidOf(principal),
    action: { type: 'Action', id: action },
    resource: resourceOf(scope),
    context,
    entities,
  })
  if (answer.type === 'failure') return { kind: 'undecidable', message: first(answer.errors) }
  const { decision, diagnostics } = answer.response
  // Cedar leaves out a policy that cannot be evaluated, a forbid too: such a decision counts for nothing.
  const [broken] = diagnostics.errors
  if (broken !== undefined) {
    return { kind: 'undecidable', message: `policy "${broken.policyId}" failed: ${broken.error.message}` }
  }
  if (decision === 'allow') return { kind: 'allowed', policies: diagnostics.reason.sort() }
  return diagnostics.reason.length === 0
    ? { kind: 'not-permitted' }
    : { kind: 'forbidden', policies: diagnostics.reason.sort() }
}

function nameParts(text: string, parts: readonly PolicyPart[], problems: PolicyProblem[]): NamedPart[] {
  const named = new Map<string, NamedPart>()
  for (const part of parts) {
    const at = place(text, part.offset)
    const json = policyToJson(part.text)
    if (json.type === 'failure') {
      problems.push(...json.errors.map((error) => problemAt(text, part.offset, null, error)))
      continue
    }
    const id = json.json.annotations?.['id']
    const other = named.get(id ?? '')
    if (id === undefined || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(id)) {
      const message =
        'every policy needs an @id of letters, digits, dots and dashes, such as @id("team-deploys"), so that a denial can name it'
      problems.push({ ...at, policy: id ?? null, message })
    } else if (other !== undefined) {
      const message = `another policy, in line ${place(text, other.offset).line}, has this @id: choose a new one`
      problems.push({ ...at, policy: id, message })
    } else {
      named.set(id, { ...part, id, reason: json.json.annotations?.['reason'] ?? null, json: json.json })
    }
  }
  return [...named.values()]
}

function validationProblems(text: string, parts: readonly NamedPart[]): PolicyProblem[] {
  const staticPolicies = Object.fromEntries(parts.map((part) => [part.id, part.text]))
  const answer = validate({
    schema: policySchema,
    policies: { staticPolicies },
    validationSettings: { mode: 'strict' },
  })
  if (answer.type === 'failure') return answer.errors.map((error) => problemAt(text, 0, null, error))
  // A warning says that a policy can never apply: a forbid that never applies is as bad as one that is missing.
  const wrong = new Set(answer.validationErrors.map((error) => error.policyId))
  const warnings = answer.validationWarnings.filter((warning) => !wrong.has(warning.policyId))
  return [...answer.validationErrors, ...warnings].map(({ policyId, error }) => {
    const offset = parts.find((part) => part.id === policyId)?.offset ?? 0
    return problemAt(text, offset, policyId, error)
  })
}

const first = (errors: readonly { readonly message: string }[]): string => errors[0]?.message ?? 'no reason given'
