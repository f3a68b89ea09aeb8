import type { Demand, Right } from '../authorization/rights.ts'
import type { Catalog } from '../domain/catalog.ts'
import type { Capabilities, Readers } from '../services/capabilities.ts'
import type { CommandRequest, Reply } from './context.ts'
import type { Field, Flag, Known } from './fields.ts'
import type { Parsed } from './parsed.ts'
import { parseArguments, type Positionals } from './parse.ts'
import type { Flags } from './read-flags.ts'
import type { Word } from './word.ts'

/**
 * How a command is made: `query` for what only reads, `mutation` for what changes something. A mutation names the right
 * that it needs and what its arguments demand, and only then gets capabilities; a query cannot get any.
 */

/** What every handler may look at. */
export interface QueryContext {
  readonly request: CommandRequest
  readonly catalog: Catalog
  readonly read: Readers
  /** The commands that there are: `help` and `can` speak of them. */
  readonly commands: CommandIndex
}

/** What a mutating handler gets besides: one bound capability for each demand, in their order; none for a dry run. */
export interface MutationContext<R extends Right> extends QueryContext {
  readonly grants: readonly { readonly demand: Demand<R>; readonly may: Capabilities[R] }[]
}

/** Data beside the code: help and docs are made from it. */
interface About<P extends Positionals, F extends Flags> {
  /** One line: what it does. */
  readonly summary: string
  /** What else a person should know; null for nothing. */
  readonly notes?: string
  /** As typed, without the `/opsee`. */
  readonly examples: readonly string[]
  /** In the order of typing. */
  readonly positionals: P
  readonly flags: F
  /** Usage of the positionals when they exclude each other; made from them otherwise. */
  readonly forms?: readonly string[]
}

export type Description = About<Positionals, Flags>

type ValueOf<X> = X extends Field<infer T> ? T : X extends Flag<infer T> ? T : never

/** What the handler receives, as its fields say. */
export type Args<P extends Positionals, F extends Flags> = { readonly [K in keyof P]: ValueOf<P[K]> } & {
  readonly [K in keyof F]: ValueOf<F[K]>
}

/** What a mutation demands of its sender: nothing for a dry run. Or the answer, when the arguments stand for nothing. */
export type Demands<R extends Right> =
  | { readonly kind: 'demand'; readonly demands: readonly Demand<R>[] }
  | { readonly kind: 'answer'; readonly reply: Reply }

interface Parse<A> {
  parse(words: readonly Word[], known: Known): Parsed<A>
}

export interface QueryDefinition<A> extends Parse<A> {
  answer(args: A, context: QueryContext): Promise<Reply>
}

export interface MutationDefinition<R extends Right, A> extends Parse<A> {
  /** Only looks. Asked before the door, and by `can` without the door. */
  demands(args: A, context: QueryContext): Promise<Demands<R>>
  answer(args: A, context: MutationContext<R>): Promise<Reply>
}

const brand = Symbol.for('opsee.command')

interface Made {
  readonly [brand]: true
  readonly about: Description
}

/** `open` hands the definition to somebody who can work with any argument type. */
export interface QueryCommand extends Made {
  readonly kind: 'query'
  open<T>(use: <A>(definition: QueryDefinition<A>) => T): T
}

export interface MutationCommand extends Made {
  readonly kind: 'mutation'
  open<T>(use: <R extends Right, A>(definition: MutationDefinition<R, A>) => T): T
}

export type Command = QueryCommand | MutationCommand

export interface CommandIndex {
  /** In alphabetical order. */
  readonly names: readonly string[]
  /** In any case; null when there is none of that name. */
  get(name: string): Command | null
}

export function query<const P extends Positionals, const F extends Flags>(
  definition: About<P, F> & { answer(args: Args<P, F>, context: QueryContext): Promise<Reply> },
): QueryCommand {
  const parsed = { ...parser(definition), answer: definition.answer.bind(definition) }
  return { [brand]: true, kind: 'query', about: definition, open: (use) => use(parsed) }
}

export function mutation<R extends Right, const P extends Positionals, const F extends Flags>(
  definition: About<P, F> & {
    /** What it may demand; its arguments decide which of several. */
    readonly right: R | readonly R[]
    demands(args: Args<P, F>, context: QueryContext): Promise<Demands<NoInfer<R>>>
    answer(args: Args<P, F>, context: MutationContext<NoInfer<R>>): Promise<Reply>
  },
): MutationCommand {
  const parsed = {
    ...parser(definition),
    demands: definition.demands.bind(definition),
    answer: definition.answer.bind(definition),
  }
  return { [brand]: true, kind: 'mutation', about: definition, open: (use) => use(parsed) }
}

export const demand = <R extends Right>(...demands: readonly Demand<R>[]): Demands<R> => ({ kind: 'demand', demands })

export const answer = (reply: Reply): { readonly kind: 'answer'; readonly reply: Reply } => ({ kind: 'answer', reply })

export const isCommand = (value: unknown): value is Command =>
  typeof value === 'object' && value !== null && brand in value

function parser<P extends Positionals, F extends Flags>(about: About<P, F>): Parse<Args<P, F>> {
  return {
    parse(words, known) {
      const parsed = parseArguments(about, words, known)
      if (parsed.kind === 'mistyped') return parsed
      if (isComplete(about, parsed.args)) return { kind: 'args', args: parsed.args }
      throw new Error('the parser left out an argument that the command declares')
    },
  }
}

/** Each value came out of the schema of the field under whose name it stands, so that being complete is being right. */
const isComplete = <P extends Positionals, F extends Flags>(
  about: About<P, F>,
  args: Readonly<Record<string, unknown>>,
): args is Args<P, F> & Readonly<Record<string, unknown>> =>
  [...Object.keys(about.positionals), ...Object.keys(about.flags)].every((name) => name in args)
