import { z } from 'zod'
import { duration as durationSchema } from '../config/duration.ts'
import { parseAmount, type Amount } from '../domain/amount.ts'
import type { Catalog } from '../domain/catalog.ts'
import { code, series } from '../domain/wording.ts'
import { nearest } from '../domain/nearest.ts'
import type { Word } from './word.ts'

/** The names that words are looked up in. */
export interface Known {
  readonly catalog: Catalog
  readonly commands: readonly string[]
}

/** How many words of the line a positional takes. */
type Take =
  | 'word'
  /** `a,b`, `a, b`, `a ,b`. */
  | 'list'
  /** All that is left, put together with single spaces. */
  | 'rest'
  /** All that is left, flags too, as words. */
  | 'line'

/** What one argument is: how it is written, how it is read, and what help says of it. */
export interface Field<T> {
  /** Stands in the usage line: `tier` is shown as `<tier>`. */
  readonly word: string
  readonly help: string
  readonly take: Take
  /** Service and tier may come in either order. */
  readonly names: 'services' | 'tier' | null
  readonly required: boolean
  /** From text to value. Its messages are sentences for the person who typed: already escaped mrkdwn. */
  schema(known: Known): z.ZodType<T, string>
  /** Only for `line`. */
  readonly ofWords?: (words: readonly Word[]) => T
}

export interface Flag<T> {
  readonly field: Field<T> | null
  readonly short: string | null
  readonly help: string
  /** Its value when it is not given. */
  readonly absent: T
}

interface Options {
  readonly word?: string
  readonly help?: string
}

/** May be left out: its value is null then. */
export const optional = <T>(field: Field<T>): Field<T | null> => ({
  ...(field as Field<T | null>),
  required: false,
})

/** `--name value`; null when it is not given. */
export const flag = <T>(
  field: Field<T>,
  options: { readonly help: string; readonly short?: string },
): Flag<T | null> => ({
  field,
  short: options.short ?? null,
  help: options.help,
  absent: null,
})

/** `--name`, without a value. */
export const toggle = (options: { readonly help: string; readonly short?: string }): Flag<boolean> => ({
  field: null,
  short: options.short ?? null,
  help: options.help,
  absent: false,
})

const field = <T>(
  options: Options,
  defaults: { readonly word: string; readonly help: string; readonly take?: Take; readonly names?: Field<T>['names'] },
  schema: (known: Known) => z.ZodType<T, string>,
): Field<T> => ({
  word: options.word ?? defaults.word,
  help: options.help ?? defaults.help,
  take: defaults.take ?? 'word',
  names: defaults.names ?? null,
  required: true,
  schema,
})

/** The service's own name. */
export const service = (options: Options = {}): Field<string> =>
  field(options, { word: 'service', help: 'A service, or one of its aliases.', names: 'services' }, serviceName)

/** One or more services in the order given, without repeats. */
export const services = (options: Options = {}): Field<readonly string[]> =>
  field(
    options,
    {
      word: 'service[,service…]',
      help: 'One service, or several with commas between them.',
      take: 'list',
      names: 'services',
    },
    (known) =>
      z.string().transform((text, context) => {
        const names = text.split(',').filter((part) => part !== '')
        const found = names.map((name) => {
          const result = serviceName(known).safeParse(name)
          for (const issue of result.error?.issues ?? []) context.issues.push({ ...issue, code: 'custom', input: name })
          return result.data ?? ''
        })
        if (names.length === 0) context.issues.push({ code: 'custom', input: text, message: 'Name a service.' })
        return [...new Set(found)]
      }),
  )

export const tier = (options: Options = {}): Field<string> =>
  field(options, { word: 'tier', help: 'A tier, or one of its aliases.', names: 'tier' }, ({ catalog }) =>
    lookUp('tier', catalog.tiers, catalog.words.tiers, (text) => catalog.tier(text)),
  )

export const commandName = (options: Options = {}): Field<string> =>
  field(options, { word: 'command', help: 'The name of a command.' }, ({ commands }) =>
    lookUp('command', commands, commands, (text) => commands.find((name) => name === text.toLowerCase()) ?? null),
  )

/** A number of a rollout: `12` or `#12`. */
export const rolloutId = (options: Options = {}): Field<number> =>
  field(options, { word: 'id', help: 'The number of a rollout, as its messages and `history` name it.' }, () =>
    z
      .string()
      .regex(/^#?[1-9]\d{0,14}$/, {
        error: (issue) => `${shown(issue.input)} is no rollout: write its number, such as 12.`,
      })
      .transform((text) => Number(text.replace('#', ''))),
  )

/** `3` or `25%`. */
export const amount = (options: Options = {}): Field<Amount> =>
  field(options, { word: 'N|P%', help: 'A number of instances, or a share of them.' }, () =>
    z.string().transform((text, context) => {
      const parsed = parseAmount(text)
      if (parsed !== null) return parsed
      context.issues.push({
        code: 'custom',
        input: text,
        message: `${shown(text)} is no amount: write a number of instances such as 2, or a share such as 25%.`,
      })
      return z.NEVER
    }),
  )

/** Milliseconds. */
export const duration = (minMs: number, maxMs: number, options: Options = {}): Field<number> =>
  field(options, { word: '30m|2h', help: 'A duration such as 30m, 2h or 1d.' }, () =>
    z.string().transform((text, context) => {
      const parsed = durationSchema(minMs, maxMs).safeParse(text)
      if (parsed.success) return parsed.data
      const [issue] = parsed.error.issues
      const why = issue?.message ?? 'write 30m or 2h'
      const named = why.startsWith(`${text} `)
      const message = named
        ? `${shown(text)}${why.slice(text.length)}.`
        : `${shown(text)} is no duration that can be used: ${why}.`
      context.issues.push({ code: 'custom', input: text, message })
      return z.NEVER
    }),
  )

/** A whole number between `min` and `max`. */
export const count = (min: number, max: number, options: Options = {}): Field<number> =>
  field(options, { word: 'N', help: `A number from ${min} to ${max}.` }, () =>
    z.string().transform((text, context) => {
      const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
      if (value >= min && value <= max) return value
      const message = `${shown(text)} will not do: write a whole number from ${min} to ${max}.`
      context.issues.push({ code: 'custom', input: text, message })
      return z.NEVER
    }),
  )

/** One word, or several in quotes. */
export const text = (options: Options = {}): Field<string> =>
  field(options, { word: 'text', help: 'Words; in quotes when they have spaces.' }, () =>
    z
      .string()
      .trim()
      .min(1, 'There is nothing between the quotes.')
      .max(500, 'That is too long: 500 characters are the most.'),
  )

/** All that is left of the line. */
export const rest = (options: Options = {}): Field<string> => ({ ...text(options), take: 'rest' })

/** A whole command, to be looked at and not run. */
export const commandText = (options: Options = {}): Field<readonly Word[]> => ({
  ...field<readonly Word[]>(options, { word: 'command…', help: 'A command as you would type it.', take: 'line' }, () =>
    z.string().transform(() => []),
  ),
  ofWords: (words) => words,
})

/** An absolute etcd key, or a prefix of some. */
export const etcdKey = (options: Options = {}): Field<string> =>
  field(options, { word: 'key', help: 'An etcd key, with its leading slash.' }, () =>
    z
      .string()
      .max(512, 'That key is too long: 512 characters are the most.')
      .regex(/^\/[^\s]*$/, {
        error: (issue) => `${shown(issue.input)} is no key: keys begin with a slash, such as /opsee.co/services/.`,
      }),
  )

const serviceName = ({ catalog }: Known): z.ZodType<string, string> =>
  lookUp('service', catalog.services, catalog.words.services, (typed) => catalog.service(typed))

function lookUp(
  noun: string,
  names: readonly string[],
  valid: readonly string[],
  find: (typed: string) => string | null,
): z.ZodType<string, string> {
  return z.string().transform((typed, context) => {
    const found = find(typed)
    if (found !== null) return found
    const near = nearest(typed, valid)
    const meant = near === null ? '' : ` Did you mean ${code(near)}?`
    const message = `There is no ${noun} called ${shown(typed)}.${meant} The ${noun}s are ${namesText(names)}.`
    context.issues.push({ code: 'custom', input: typed, message })
    return z.NEVER
  })
}

/** At most twelve names: a message is no directory. */
export function namesText(names: readonly string[], joint: 'and' | 'or' = 'and'): string {
  const shownNames = names.slice(0, 12).map(code)
  return names.length > 12 ? `${shownNames.join(', ')} ${joint} ${names.length - 12} more` : series(shownNames, joint)
}

const shown = (input: unknown): string => code(String(input).slice(0, 60))
