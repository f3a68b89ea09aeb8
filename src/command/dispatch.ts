import type { Door } from '../authorization/door.ts'
import type { Actor, Denial } from '../authorization/rights.ts'
import type { Redact } from '../config/redact.ts'
import type { Catalog } from '../domain/catalog.ts'
import { code, words } from '../domain/wording.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { StoreUnavailable } from '../ports/store.ts'
import type { Readers } from '../services/capabilities.ts'
import { UnreadableRecord } from '../store/record.ts'
import type { CommandRequest, Reply } from './context.ts'
import type { CommandIndex, QueryContext } from './define.ts'
import { findCommand, type Found } from './find.ts'
import { helpHint, overview, usageText } from './help.ts'
import { usualLimits, within, type Limits, type Passage } from './limits.ts'
import { nearMiss, nearMissButton, nearMissText } from './near-miss.ts'
import { CutShort, passTheDoor, type CapabilityBinders } from './pass-the-door.ts'
import { maskTyped, withWarning } from './mask-typed.ts'
import { done, failed, mistyped, refused } from './text.ts'

export interface DispatchParts {
  readonly commands: CommandIndex
  readonly catalog: Catalog
  readonly read: Readers
  readonly door: Door
  readonly capabilities: CapabilityBinders
  /** Null: this person may use the commands that only look. */
  readonly readingRefusal: (actor: Actor) => Promise<Denial | null>
  /** Null: this person may ask. Not null for people of another organisation, who hear nothing else. */
  readonly entryRefusal: (actor: Actor) => Denial | null
  readonly clock: Clock
  readonly log: Log
  /** One cheap read of the store: rejects when it is away. Runs beside every command. */
  readonly storeAnswers: () => Promise<unknown>
  /** A short word, new each time, by which a person's report is found in the log. */
  readonly newReference: () => string
  /** Masks the secrets in a typed command. */
  readonly redact: Redact
  readonly limits?: Limits
}

/** Answers one command. Never rejects: whatever goes wrong is an answer. */
export type Dispatch = (request: CommandRequest) => Promise<Reply>

export function createDispatch(parts: DispatchParts): Dispatch {
  const { commands, catalog, read, log } = parts
  const known = { catalog, commands: commands.names }

  function explain(request: CommandRequest, error: unknown, acting: boolean): Reply {
    if (error instanceof CutShort) return failed(storeAway)
    if (error instanceof StoreUnavailable) {
      log.warn({ command: request.text, actor: request.actor.id, acting, err: error }, 'the store does not answer')
      return failed(`${acting ? storeLost : storeAway}\n\n${words(error.message)}`)
    }
    if (error instanceof UnreadableRecord) {
      log.error({ command: request.text, err: error }, 'an unreadable record stopped a command')
      return failed(words(error.message))
    }
    const reference = parts.newReference()
    log.error({ reference, command: request.text, actor: request.actor.id, acting, err: error }, 'a command failed')
    const state = acting ? `Whether it was done is not known: look with ${code('status')}.` : 'Nothing was changed.'
    return failed(`Opsee itself failed here, at ${code(reference)} in its log. ${state}`)
  }

  async function run(found: Extract<Found, { kind: 'command' }>, request: CommandRequest, passage: Passage) {
    const context: QueryContext = { request, catalog, read, commands }
    // A command that changes something tells what it saw as well: all of them take the right to read.
    const denial = await parts.readingRefusal(request.actor)
    if (denial !== null) return refused(denial.message)
    const wrong = (message: string): Reply => {
      const near = nearMiss(found, commands, known)
      if (near !== null) return mistyped(nearMissText(message, near), nearMissButton(near))
      return mistyped([message, usageText(found.name, found.command.about)])
    }
    if (found.command.kind === 'query') {
      return found.command.open(async (definition) => {
        const parsed = definition.parse(found.words, known)
        return parsed.kind === 'mistyped' ? wrong(parsed.message) : definition.answer(parsed.args, context)
      })
    }
    return found.command.open(async (definition) => {
      const parsed = definition.parse(found.words, known)
      if (parsed.kind === 'mistyped') return wrong(parsed.message)
      return passTheDoor(definition, parsed.args, {
        context,
        door: parts.door,
        capabilities: parts.capabilities,
        passage,
        explain: (error, acting) => explain(request, error, acting),
        unsettled: (message) => log.warn({ request: request.key, reason: message }, 'a reply was not kept'),
      })
    })
  }

  return async (typed) => {
    const { text, masked } = maskTyped(typed.text, parts.redact)
    const reply = await answer({ ...typed, text })
    return masked ? withWarning(reply) : reply
  }

  async function answer(request: CommandRequest): Promise<Reply> {
    try {
      const stranger = parts.entryRefusal(request.actor)
      if (stranger !== null) return refused(stranger.message)
      const found = findCommand(request.text, commands)
      if (found.kind === 'nothing') return done(shortHelp(commands))
      if (found.kind === 'mistyped') return mistyped(found.message)
      const limits = parts.limits ?? usualLimits
      const limited = await within((passage) => run(found, request, passage), {
        clock: parts.clock,
        limits,
        storeAnswers: parts.storeAnswers,
      })
      if (limited.kind === 'answered') return limited.value
      log.warn({ command: request.text, actor: request.actor.id, kind: limited.kind }, 'a command was cut short')
      return failed(limited.kind === 'store-away' ? storeAway : tooLong(limited.acting, limits))
    } catch (error) {
      return explain(request, error, false)
    }
  }
}

const storeAway = 'The store (etcd) does not answer, so nothing was changed. Try again in a moment.'

const storeLost =
  'The store (etcd) stopped answering in the middle, so it is not known whether this was done. Look with `status` before you type it again.'

const tooLong = (acting: boolean, limits: Limits): string =>
  `There was no answer within ${limits.wholeMs / 1000} s. ${
    acting ? 'Whether it was done is not known: look with `status`.' : 'Nothing was changed; try again.'
  }`

const shortHelp = (commands: CommandIndex): readonly string[] => [
  'Opsee deploys services, and shows how it goes. For example: `deploy api production`',
  ...overview(commands),
  helpHint,
]
