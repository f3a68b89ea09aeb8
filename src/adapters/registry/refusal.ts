import { RegistryFault } from '../../ports/registry.ts'
import { Away, isLater, retryAfterMs } from './away.ts'
import type { Place } from './place.ts'
import { saidBy, saidText } from './said.ts'
import type { Answer } from './wire.ts'

/** What was to be done, as it stands behind "refuses to": `show quay.io/opsee/api:v1`. */
export interface Doing {
  readonly right: 'pull' | 'push'
  readonly words: string
}

/** Why an answer is none that can be used, for a person. */
export function refusal(
  place: Place,
  answer: Answer,
  doing: Doing,
  now: number,
  redact: (text: string) => string,
): RegistryFault {
  const { host } = place
  const { status } = answer
  const code = `HTTP ${status}`
  const said = saidBy(answer)
  if (status === 429) {
    const wait = retryAfterMs(answer.header('retry-after'), now)
    const until = wait === null ? '' : `, and wants to be left alone for ${Math.ceil(wait / 1000)} s`
    return new Away(`${host} answers no more questions for now (${code}: too many requests)${until}`, wait)
  }
  if (isLater(status)) {
    return new Away(`${host} cannot ${doing.words} now (${code})`, retryAfterMs(answer.header('retry-after'), now))
  }
  if (status === 401 || status === 403) {
    const words = saidText(answer, redact)
    return new RegistryFault(
      'refused',
      `${host} refuses to ${doing.words} (${code}): ${whatIsMissing(place, doing)}${words}`,
    )
  }
  if (said !== null && /immutable|cannot be overwritten/i.test(said.message)) {
    return new RegistryFault(
      'refused',
      `${host} refuses to ${doing.words}: its tags are immutable there; allow this one to move`,
    )
  }
  const detail = said === null ? '' : `: ${redact(`${said.code} ${said.message}`).trim().slice(0, 300)}`
  return new RegistryFault('wrong', `${host} answered ${code} when it was to ${doing.words}${detail}`)
}

function whatIsMissing({ host, login }: Place, { right }: Doing): string {
  const name = login?.kind === 'basic' ? login.username : 'the docker configuration’s user'
  if (right === 'push') {
    return login === null
      ? `it needs a user who may push; name one in registry.hosts.${host}.username, or let the units read a key (release: key)`
      : `${name} may not push there; allow it, or let the units read a key (release: key)`
  }
  return login === null
    ? `there is no such repository, or it needs a user who may pull; name one in registry.hosts.${host}.username`
    : `there is no such repository, or ${name} may not pull from it`
}
