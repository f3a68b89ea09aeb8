import { targetText } from '../domain/target.ts'
import type { Shop } from './entities.ts'
import { buildsActor } from './rights.ts'
import type { PolicyPart, PolicyProblem } from './policy-source.ts'
import { place } from './policy-source.ts'

/** Ids of the entities that a policy names, by type. `json` is Cedar's JSON form of the policy. */
export function namedEntities(json: unknown): Map<string, readonly string[]> {
  const found = new Map<string, string[]>()
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    if ('type' in node && 'id' in node && typeof node.type === 'string' && typeof node.id === 'string') {
      found.set(node.type, [...(found.get(node.type) ?? []), node.id])
    }
    for (const child of Object.values(node)) visit(child)
  }
  visit(json)
  return found
}

/** Whether a policy asks about `isGuest`, or about `team` of anything but the resource. `json` is Cedar's JSON form. */
export function asksAboutPeople(json: unknown): boolean {
  if (typeof json !== 'object' || json === null) return false
  if ('attr' in json && 'left' in json) {
    const ofResource = JSON.stringify(json.left) === JSON.stringify({ Var: 'resource' })
    if (json.attr === 'isGuest' || (json.attr === 'team' && !ofResource)) return true
  }
  return Object.values(json).some(asksAboutPeople)
}

/** What a policy names and the configuration does not have. A forbid with a mistyped name would let everybody through. */
export function unknownEntities(
  text: string,
  part: PolicyPart & { readonly id: string; readonly json: unknown },
  shop: Shop,
): PolicyProblem[] {
  const targets = Object.keys(shop.services).flatMap((service) =>
    Object.keys(shop.tiers).map((tier) => targetText({ service, tier })),
  )
  const known: Readonly<Record<string, readonly string[]>> = {
    Group: Object.keys(shop.groups),
    Service: Object.keys(shop.services),
    Tier: Object.keys(shop.tiers),
    Target: targets,
    Shop: ['opsee'],
    Hook: [buildsActor.id],
  }
  const problems: PolicyProblem[] = []
  for (const [type, ids] of namedEntities(part.json)) {
    for (const id of new Set(ids)) {
      const message = refusal(type, id, known[type])
      if (message !== null) problems.push({ ...placeOfName(text, part, type, id), policy: part.id, message })
    }
  }
  return problems
}

function refusal(type: string, id: string, known: readonly string[] | undefined): string | null {
  if (type === 'User') {
    return /^[UW][A-Z0-9]{2,}$/.test(id)
      ? null
      : `User::"${id}" is no Slack user id: write one such as User::"U012ABCDEF"`
  }
  if (known === undefined || known.includes(id)) return null
  const names = known.length === 0 ? 'it has none' : `it has ${known.slice(0, 12).join(', ')}`
  return `unknown ${type.toLowerCase()} "${id}": the configuration has no such ${type.toLowerCase()} (${names})`
}

function placeOfName(text: string, part: PolicyPart, type: string, id: string): ReturnType<typeof place> {
  const name = new RegExp(`\\b${type}\\s*::\\s*${JSON.stringify(id).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`)
  const at = name.exec(part.text)?.index ?? 0
  return place(text, part.offset + Buffer.byteLength(part.text.slice(0, at)))
}
