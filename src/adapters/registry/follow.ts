import { RegistryFault } from '../../ports/registry.ts'
import type { Patience } from './patience.ts'
import type { Answer, Asked, Wire } from './wire.ts'

const mostRedirects = 5
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/**
 * Follows redirects of GET and HEAD: registries send blobs from a store of their own. Another host gets no credentials
 * (S3 even refuses a signed address that comes with some), and nothing goes from https to http.
 */
export async function follow(wire: Wire, first: Asked, patience: Patience): Promise<Answer> {
  let asked = first
  for (let count = 0; count <= mostRedirects; count += 1) {
    const answer = await wire.ask(asked, patience)
    if (!redirects.has(answer.status) || (asked.method !== 'GET' && asked.method !== 'HEAD')) return answer
    asked = next(asked, answer.header('location'))
  }
  throw new RegistryFault('wrong', `${first.url.host} redirects more than ${mostRedirects} times`)
}

function next(asked: Asked, location: string | null): Asked {
  const { url } = asked
  const to = location !== null && URL.canParse(location, url.href) ? new URL(location, url) : null
  if (to === null || !/^https?:$/.test(to.protocol)) {
    throw new RegistryFault('wrong', `${url.host} redirects to no address`)
  }
  if (url.protocol === 'https:' && to.protocol === 'http:') {
    throw new RegistryFault('wrong', `${url.host} redirects from https to http (${to.host}), which is not followed`)
  }
  if (to.origin === url.origin) return { ...asked, url: to }
  const { authorization: _kept, ...headers } = asked.headers
  return { ...asked, url: to, headers }
}
