import type { Word } from './word.ts'

/** What became of a command's words. `message` is a sentence for the person, already escaped. */
export type Parsed<A> =
  { readonly kind: 'args'; readonly args: A } | { readonly kind: 'mistyped'; readonly message: string }

/** The words of one positional, before they are read. */
export interface Placed {
  readonly text: string
  readonly words: readonly Word[]
}
