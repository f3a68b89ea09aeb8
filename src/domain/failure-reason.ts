import { shortUnit, words } from './wording.ts'

/** Two reasons that a rollout gives most often, and the short form in which its verdict says them. */

/** Behind the name of an instance. */
export const gateFault = (reason: string): string => `runs, but does not pass its health gate: ${reason}`

/** `limit` is the progress deadline, in words; `why` says what it waited for. */
export const noneHealthy = (limit: string, why: string): string => `no instance became healthy for ${limit}: ${why}`

/**
 * "bartnet@1 answered HTTP 503 for 1m.": the reason of a failure as one sentence, with each fact once. Escaped. A reason of another
 * form stays as it is.
 */
export function causeText(reason: string): string {
  const [, limit = '', waited = reason] = /^no instance became healthy for (\S+): (.*)$/s.exec(reason) ?? []
  const lasted = limit === '' ? '' : ` for ${limit}`
  const [, unit = '', fault = ''] = /^(\S+) runs, but does not pass its health gate: (.*)$/s.exec(waited) ?? []
  if (unit === '') return sentence(words(shortNames(reason)))
  const [, status] = /^(HTTP \d{3})(?: from \S+)?$/.exec(fault) ?? []
  return status === undefined
    ? sentence(`${shortUnit(unit)} failed its health check${lasted}: ${words(fault)}`)
    : sentence(`${shortUnit(unit)} answered ${status}${lasted}`)
}

/** Units as people call them. */
const shortNames = (text: string): string => text.replace(/(?<=[\w@:-])\.service(?![\w.-])/g, '')

/** An instance's name keeps its small letter. */
function sentence(text: string): string {
  const isName = /^\S*@/.test(text)
  return `${isName ? text : text.charAt(0).toUpperCase() + text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
}
