import { z } from 'zod'
import { RegistryFault } from '../../ports/registry.ts'
import type { Patience } from './patience.ts'
import type { Place } from './place.ts'
import type { Question, Session } from './session.ts'
import type { Answer } from './wire.ts'

const pageSize = 1000
const mostPages = 500
const mostTags = 200_000
const maxPageBytes = 8 * 1024 * 1024

/** The registry of Debian says null for a repository without tags. */
const pageSchema = z.object({ tags: z.array(z.string()).nullish() })

/** Every tag, once each, over all pages. Empty when there is no such repository. */
export async function listTags(session: Session, place: Place, patience: Patience): Promise<readonly string[]> {
  const doing = { right: 'pull', words: `list the tags of ${place.image}` } as const
  const ask = (query: string, again: Question['again']): Promise<Answer> =>
    session.ask(
      place,
      {
        method: 'GET',
        path: `tags/list${query}`,
        headers: { accept: 'application/json' },
        maxBytes: maxPageBytes,
        doing,
        again,
      },
      patience,
    )
  const tags = new Set<string>()
  const seen = new Set<string>()
  let query: string | null = `?n=${pageSize}`
  while (query !== null) {
    // A person waits for the list: a registry that says nothing to its first question is not asked three times more.
    const again = seen.size > 0 || 'unless-silent'
    let answer: Answer = await ask(query, again)
    // A registry with a smaller limit of its own may refuse ours.
    if (answer.status === 400 && seen.size === 0) answer = await ask('', again)
    if (answer.status === 404) return []
    if (answer.status !== 200) throw session.refusal(place, answer, doing)
    for (const tag of tagsOf(place, answer)) tags.add(tag)
    seen.add(query)
    query = nextQuery(answer.headers('link'))
    if (query !== null && seen.has(query)) throw endless(place, 'its pages of tags go round in a circle')
    if (query !== null && seen.size >= mostPages) throw endless(place, `there are more than ${mostPages} pages of tags`)
    if (tags.size > mostTags) throw endless(place, `there are more than ${mostTags} tags`)
  }
  return [...tags]
}

const endless = ({ host, image }: Place, why: string): RegistryFault =>
  new RegistryFault('wrong', `${host} cannot list ${image} to its end: ${why}`)

function tagsOf(place: Place, answer: Answer): readonly string[] {
  try {
    return pageSchema.parse(JSON.parse(answer.body.toString('utf8'))).tags ?? []
  } catch (error) {
    const message = `${place.host} answered with something else when it was to list the tags of ${place.image}`
    throw new RegistryFault('wrong', message, { cause: error })
  }
}

/**
 * The query of the next page, `rel="next"`; null on the last one. Only the query is taken: registries behind a proxy name
 * another host or plain http in it, and credentials go nowhere but to their own. Its content is the registry's alone (ECR
 * takes no other), and Quay writes the address without its brackets.
 */
function nextQuery(links: readonly string[]): string | null {
  for (const link of links.flatMap((header) => header.slice(0, 16_384).split(/,(?=\s*(?:<|https?:|\/))/))) {
    const semicolon = link.search(/>?\s*;/)
    const address = link
      .slice(0, semicolon < 0 ? undefined : semicolon)
      .trim()
      .replace(/^</, '')
      .replace(/>$/, '')
    const isNext = /;\s*rel\s*=\s*"?\s*(?:[^";]*\s)?next\b/i.test(link)
    if (isNext && address.includes('?')) return address.slice(address.indexOf('?')).split('#')[0] ?? null
  }
  return null
}
