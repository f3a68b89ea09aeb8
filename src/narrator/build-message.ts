import { buildText, type Build } from '../domain/build.ts'
import { clockText, code, series, words } from '../domain/wording.ts'
import type { Button, Message } from '../ports/chat.ts'

/** What can be done with a build in one tier. */
export interface Offer {
  readonly tier: string
  /** As it would be typed. */
  readonly command: string
}

const senderNames: Readonly<Record<Build['sender'], string>> = {
  quay: 'Quay',
  dockerhub: 'Docker Hub',
  harbor: 'Harbor',
  generic: 'the build server',
}

/**
 * The command that brings a build to a tier: by its digest or tag where there is a registry to look it up in, else none but
 * for a build that the tier's own tag names. Null when there is no such command.
 */
export function deployCommand(
  build: Build,
  tier: string,
  tags: {
    readonly ofTiers: ReadonlyMap<string, string>
    readonly registry: boolean
    /** Tags that nobody deploys by name, in any case. */
    readonly moving: readonly string[]
  },
): string | null {
  const { service, digest } = build
  const own = tags.ofTiers.get(tier) ?? tier
  if (!tags.registry) return build.tags.includes(own) ? `deploy ${service} ${tier}` : null
  const ofTiers = new Set(tags.ofTiers.values())
  const moving = new Set(tags.moving.map((tag) => tag.toLowerCase()))
  const named = build.tags.filter((tag) => !moving.has(tag.toLowerCase()))
  const ref = digest ?? named.find((tag) => !ofTiers.has(tag)) ?? named[0]
  return ref === undefined ? null : `deploy ${service} ${tier} ${ref}`
}

/** The line where the team follows a service. `alone` are tiers that deploy it by themselves. */
export function buildMessage(
  build: Build,
  more: { readonly offers: readonly Offer[]; readonly alone: readonly string[]; readonly unread: string | null },
): Message {
  const what = words(buildText(build))
  const text = `${build.service} has a new build: ${what}`
  const source = build.source === null ? [] : [words(build.source)]
  const built = build.builtAt === null ? [] : [`built ${clockText(build.builtAt)}`]
  const pushed = `${code(build.repository)}, says ${senderNames[build.sender]}`
  const unread = more.unread === null ? [] : [`what it holds is not known: ${words(more.unread)}`]
  const alone = more.alone.length === 0 ? [] : [`${series(more.alone)} deploys it by itself`]
  const context = [pushed, ...built, ...source, ...alone, ...unread].join(' · ')
  const buttons = more.offers.map(({ tier, command }): Button => {
    return { label: `Deploy to ${tier}`.slice(0, 75), command, style: 'plain', confirm: null }
  })
  return {
    text,
    sections: [
      { kind: 'text', text: `*${build.service}* has a new build: ${what}` },
      { kind: 'context', text: context },
      ...(buttons.length === 0 ? [] : [{ kind: 'buttons', buttons } as const]),
    ],
    key: `build.${build.id}`,
  }
}

/** Why a build was not deployed by itself, or what became of it instead. `answer` is the command's own, already escaped. */
export function pushMessage(build: Build, { tier, command }: Offer, answer: string): Message {
  const text = `${build.service} ${tier} was to deploy ${words(buildText(build))} by itself, as ${code(command)}:\n${answer}`
  return { text, sections: [{ kind: 'text', text: text.slice(0, 2900) }], key: `build.${build.id}.${tier}` }
}
