import { z } from 'zod'
import type { Release } from '../domain/release.ts'
import { code, words } from '../domain/wording.ts'
import type { Reply } from './context.ts'
import type { QueryContext } from './define.ts'
import { optional, text, type Field } from './fields.ts'
import { failed, refused } from './text.ts'

/** A release as people name it: `v2`, `1a2b3c4d`, `sha256:…`. Whether there is such a one the registry knows. */
export const releaseReference = (): Field<string | null> =>
  optional({
    ...text({
      word: 'tag|commit|digest',
      help: 'The release: a tag of its image, a commit of at least seven digits, or a digest.',
    }),
    schema: () =>
      z
        .string()
        .max(200, 'That is too long for a tag, a commit or a digest.')
        // A full stop or colon at the end belongs to the sentence, and not to the tag.
        .regex(/^[A-Za-z0-9_](?:[A-Za-z0-9._:-]*[A-Za-z0-9_-])?$/, {
          error: (issue) =>
            `${code(String(issue.input).slice(0, 60))} is no release: write a tag such as v2, a commit such as 1a2b3c4d, or a digest (sha256:…).`,
        }),
  })

type Named =
  { readonly kind: 'release'; readonly release: Release | null } | { readonly kind: 'answer'; readonly reply: Reply }

/** The release that was named for a service; null when none was. */
export async function namedRelease(
  service: string,
  reference: string | null,
  { read }: Pick<QueryContext, 'read'>,
): Promise<Named> {
  if (reference === null) return { kind: 'release', release: null }
  const resolved = await read.releases.resolve(service, reference)
  switch (resolved.kind) {
    case 'release':
      return resolved
    case 'none': {
      // Where nothing is known of its images, `builds` lists none.
      const listed = resolved.message !== read.releases.whyNot(service)
      const hint = listed ? ` ${code(`builds ${service}`)} lists what there is.` : ''
      return { kind: 'answer', reply: refused(`Nothing was started: ${words(resolved.message)}.${hint}`) }
    }
    case 'unavailable':
      return {
        kind: 'answer',
        reply: failed(
          `Nothing was started: ${words(resolved.message)}.${resolved.permanent === true ? '' : ' Try again in a moment.'}`,
        ),
      }
  }
}
