import { z } from 'zod'
import type { Clock } from '../../ports/clock.ts'
import { RegistryFault } from '../../ports/registry.ts'
import { Away, isLater, retryAfterMs } from './away.ts'
import { createBoundedMap } from './bounded-map.ts'
import type { Challenge } from './challenge.ts'
import type { Patience } from './patience.ts'
import type { Place } from './place.ts'
import { saidText } from './said.ts'
import type { Answer, Asked, Wire } from './wire.ts'

export type Right = 'pull' | 'pull,push'

/** What is sent as `Authorization`, for whom and how long. */
export interface Authorizations {
  /** What is known to be wanted, so that it is sent unasked; null for nothing. */
  standing(place: Place, right: Right): string | null
  forget(place: Place, right: Right): void
  /** What answers a challenge; null when there is nothing to answer it with. Throws `RegistryFault`. */
  answer(place: Place, right: Right, challenges: readonly Challenge[], patience: Patience): Promise<string | null>
  /** All tokens that are held, for masking. */
  secrets(): readonly string[]
}

const tokensKept = 2000
const maxTokenBytes = 256 * 1024
/** What a token without `expires_in` lives (the distribution project's token specification). */
const defaultLifeS = 60
/** A token is not used in the last tenth of its life: it must outlast the request. */
const usedLife = 0.9

const tokenSchema = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().positive().nullish(),
})

/** `redact` masks what registries say. */
export function createAuthorizations(wire: Wire, clock: Clock, redact: (text: string) => string): Authorizations {
  const tokens = createBoundedMap<{ readonly header: string; readonly until: number }>(tokensKept)
  /** Registries that asked for Basic: they get it unasked from then on. */
  const basics = createBoundedMap<true>(tokensKept)
  const keyOf = ({ base, name }: Place, right: Right): string => `${base} ${name} ${right}`
  return {
    standing(place, right) {
      const known = tokens.get(keyOf(place, right))
      if (known !== undefined && clock.monotonic() < known.until) return known.header
      return basics.get(place.base) === true ? basicOf(place) : null
    },
    forget(place, right) {
      tokens.delete(keyOf(place, right))
      basics.delete(place.base)
    },
    async answer(place, right, challenges, patience) {
      const [challenge] = challenges
      if (challenge === undefined) return null
      if (challenge.kind === 'basic') {
        const header = basicOf(place)
        if (header !== null) basics.set(place.base, true)
        return header
      }
      const asked = tokenRequest(place, right, challenge)
      const { token, lifeS } = tokenOf(place, asked, await wire.ask(asked, patience), { now: clock.now(), redact })
      const header = `Bearer ${token}`
      tokens.set(keyOf(place, right), { header, until: clock.monotonic() + lifeS * 1000 * usedLife })
      return header
    },
    secrets: () => tokens.values().map(({ header }) => header.slice('Bearer '.length)),
  }
}

const basicOf = ({ login }: Place): string | null =>
  login?.kind === 'basic' ? `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}` : null

function tokenRequest(place: Place, right: Right, challenge: Challenge & { readonly kind: 'bearer' }): Asked {
  const { host, base, login } = place
  const url = URL.canParse(challenge.realm) ? new URL(challenge.realm) : null
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new RegistryFault('wrong', `${host} says no usable address where tokens are given`)
  }
  if (login !== null && base.startsWith('https:') && url.protocol === 'http:') {
    const message = `${host} wants its password sent to ${url.host} without TLS, which is not done`
    throw new RegistryFault('wrong', message)
  }
  const scope = scopeOf(place, right, challenge.scope)
  const service = challenge.service === null ? {} : { service: challenge.service }
  const headers = { accept: 'application/json' }
  if (login?.kind === 'identity') {
    const body = { grant_type: 'refresh_token', client_id: 'opsee', ...service, scope, refresh_token: login.token }
    return {
      method: 'POST',
      url,
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(body).toString(),
      maxBytes: maxTokenBytes,
    }
  }
  for (const [name, value] of Object.entries({ ...service, scope })) url.searchParams.set(name, value)
  const authorization = basicOf(place)
  return {
    method: 'GET',
    url,
    headers: authorization === null ? headers : { ...headers, authorization },
    maxBytes: maxTokenBytes,
  }
}

/** The registry's own words where it says enough: behind a mirror the repository has another name there. */
function scopeOf({ name }: Place, right: Right, said: string | null): string {
  const own = `repository:${name}:${right}`
  // GHCR says this of every repository when it is asked in general.
  if (said === null || said === '' || said === 'repository:user/image:pull') return own
  return right === 'pull,push' && !said.includes('push') ? own : said
}

function tokenOf(
  place: Place,
  asked: Asked,
  answer: Answer,
  { now, redact }: { readonly now: number; readonly redact: (text: string) => string },
): { readonly token: string; readonly lifeS: number } {
  const { host, login } = place
  const { status } = answer
  if (isLater(status)) {
    const wait = retryAfterMs(answer.header('retry-after'), now)
    throw new Away(`${asked.url.host} gives no token for ${host} now (HTTP ${status})`, wait)
  }
  if (status === 400 || status === 401 || status === 403 || status === 404) {
    const who =
      login === null
        ? `it wants a user; name one in registry.hosts.${host}.username`
        : login.kind === 'basic'
          ? `the name or the password of ${login.username} is wrong, or it may not do this`
          : 'the identity token of the docker configuration is not valid (any more)'
    throw new RegistryFault(
      'refused',
      `${asked.url.host} gives no token for ${place.image} (HTTP ${status}): ${who}${saidText(answer, redact)}`,
    )
  }
  const wrong = (): RegistryFault =>
    new RegistryFault('wrong', `${asked.url.host} answered with no token for ${host} (HTTP ${status})`)
  if (status !== 200) throw wrong()
  let parsed: z.infer<typeof tokenSchema>
  try {
    parsed = tokenSchema.parse(JSON.parse(answer.body.toString('utf8')))
  } catch {
    // Not as a cause: it may quote the token.
    throw wrong()
  }
  const token = parsed.token ?? parsed.access_token ?? ''
  if (!/^[\x21-\x7e]+$/.test(token)) throw wrong()
  return { token, lifeS: parsed.expires_in ?? defaultLifeS }
}
