import { z } from 'zod'
import { parseUnitName } from '../domain/unit-name.ts'
import { code } from '../domain/wording.ts'
import { services, type Field, type Known } from './fields.ts'

/** What a restart takes: whole services, or some instances of one. */
export interface Selection {
  readonly services: readonly string[]
  /** Instances of the one service, as typed behind the `@`; null for all of them. */
  readonly instances: readonly string[] | null
}

/** `api,vape`, or `api@3`, or `api@1,3` (which is `api@1,api@3`). Whether the instances exist only the fleet knows. */
export function selection(): Field<Selection> {
  const whole = services()
  return {
    take: whole.take,
    names: whole.names,
    required: whole.required,
    word: 'service[@i][,…]',
    help: 'One service, or several with commas between them; or some instances of one, such as `api@1,3`.',
    schema: (known) =>
      z.string().transform((text, context) => {
        const result = text.includes('@') ? instancesIn(text, known) : asSelection(whole.schema(known).safeParse(text))
        if (typeof result !== 'string') return result
        context.issues.push({ code: 'custom', input: text, message: result })
        return z.NEVER
      }),
  }
}

function asSelection(read: z.ZodSafeParseResult<readonly string[]>): Selection | string {
  if (read.success) return { services: read.data, instances: null }
  return read.error.issues.map((issue) => issue.message).join(' ')
}

/** The selection, or a sentence that says what is wrong with it. */
function instancesIn(text: string, known: Known): Selection | string {
  const found = new Map<string, string[]>()
  let current: string | null = null
  for (const part of text.split(',').filter((one) => one !== '')) {
    const at = part.indexOf('@')
    const name = at < 0 ? current : part.slice(0, at)
    // `api@1,vape` means two services; `vape` is no instance of api.
    if (name === null || (at < 0 && known.catalog.service(part) !== null)) return onlyOneService(part)
    const read = services().schema(known).safeParse(name)
    const [service] = read.data ?? []
    if (service === undefined) return (read.error?.issues ?? []).map((issue) => issue.message).join(' ')
    const instance = part.slice(at + 1).replace(/\.service$/, '')
    const fault = faultOf(service, instance, known)
    if (fault !== null) return fault
    found.set(service, [...(found.get(service) ?? []), instance])
    current = service
  }
  const [first, second] = found.entries()
  if (first === undefined) return `${code(text)} names no instance: write one such as ${code('api@3')}.`
  if (second !== undefined) return onlyOneService(second[0])
  return { services: [first[0]], instances: [...new Set(first[1])] }
}

function faultOf(service: string, instance: string, { catalog }: Known): string | null {
  const { unit } = catalog.serviceConfig(service)
  if (parseUnitName(unit)?.kind !== 'template') {
    return `${code(service)} is one plain unit, ${code(unit)}, without numbered instances: write ${code(service)} alone.`
  }
  if (instance === '')
    return `Say which instance of ${code(service)}: ${code(`${service}@1`)}, or ${code(service)} for all.`
  if (/^[A-Za-z0-9:_.-]{1,64}$/.test(instance)) return null
  return `${code(instance.slice(0, 60))} is no instance: write them as ${code(`${service}@1`)} or ${code(`${service}@1,3`)}.`
}

const onlyOneService = (part: string): string =>
  `${code(part.slice(0, 60))} is of another service: instances are restarted of one service at a time, the others by a command of their own.`
