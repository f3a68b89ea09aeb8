import { z } from 'zod'
import { code } from '../domain/wording.ts'
import { optional, type Field } from './fields.ts'

/** What to go back to: a rollout, or a release by its digest, or by as much of one as messages show. */
export type BackTo =
  { readonly kind: 'rollout'; readonly id: number } | { readonly kind: 'digest'; readonly digest: string }

/** `12`, `#12`, `sha256:1a2b3c4d5e6f`. */
export const backTo = (): Field<BackTo | null> =>
  optional<BackTo>({
    take: 'word',
    names: null,
    required: false,
    word: 'id|digest',
    help: 'A rollout that left it well, or a digest; the last good release unless given.',
    schema: () =>
      z.string().transform((typed, context): BackTo => {
        const [, id] = /^#?([1-9]\d{0,14})$/.exec(typed) ?? []
        if (id !== undefined) return { kind: 'rollout', id: Number(id) }
        if (/^sha256:[0-9a-f]{12,64}$/.test(typed)) return { kind: 'digest', digest: typed }
        const message = `${code(typed.slice(0, 80))} is nothing to go back to: write a rollout such as 12, or a digest such as sha256:1a2b3c4d5e6f. A tag or a commit is rolled out with ${code('deploy')}.`
        context.issues.push({ code: 'custom', input: typed, message })
        return z.NEVER
      }),
  })
