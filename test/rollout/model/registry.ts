import { Away, isLater } from '../../../src/adapters/registry/away.ts'
import { digestOf } from '../../../src/adapters/registry/digest.ts'
import { lookAt, mediaTypes } from '../../../src/adapters/registry/manifest.ts'
import { moveTag } from '../../../src/adapters/registry/move-tag.ts'
import { limited, patience, type Patience } from '../../../src/adapters/registry/patience.ts'
import type { Place } from '../../../src/adapters/registry/place.ts'
import type { Question, Session } from '../../../src/adapters/registry/session.ts'
import type { Answer } from '../../../src/adapters/registry/wire.ts'
import type { Release } from '../../../src/domain/release.ts'
import { RegistryFault, type RegistryReader, type RegistryWriter } from '../../../src/ports/registry.ts'
import type { ModelProcess } from './process.ts'
import type { Timeline } from './timeline.ts'

/**
 * How the registry is to whoever asks. `away`: nothing arrives. `deaf`: requests arrive and answers do not. `slow`: both take
 * up to a second. `refuses`: it answers a push with 503. `idle`: it says that a push was done, and does nothing.
 */
export type RegistryManner = 'well' | 'away' | 'deaf' | 'slow' | 'refuses' | 'idle'

export interface TagMove {
  readonly at: number
  readonly digest: string
  /** A process of the bot, or somebody outside. */
  readonly by: string
}

const host = 'quay.io'
const image = `${host}/opsee/api`
const place: Place = { host, image, name: 'opsee/api', base: `https://${host}`, login: null }

/** What units of the target look up. */
export const wantedAt = { by: 'tag', image, tag: 'production' } as const

const contents = ['v1', 'v2', 'v3', 'v9'].map((tag) => {
  const content = Buffer.from(JSON.stringify({ mediaType: mediaTypes.ociManifest, tag }))
  const none = { revision: null, version: null, source: null, builtAt: null }
  return { content, release: { digest: digestOf(content), tag, ...none } satisfies Release }
})
const byDigest = new Map(contents.map(({ content, release }) => [release.digest, content]))

/** Of these tags: `v1` runs at first, `v2` and `v3` are deployed, `v9` is what somebody else prefers. */
export function releaseOf(tag: 'v1' | 'v2' | 'v3' | 'v9'): Release {
  const found = contents.find(({ release }) => release.tag === tag)
  if (found === undefined) throw new Error(`there is no ${tag}`)
  return found.release
}

/** A small registry: one repository with one tag that moves, last word wins, as no registry compares. */
export class ModelRegistry {
  manner: RegistryManner = 'well'
  onMove: (move: TagMove) => void = () => undefined
  readonly moves: TagMove[] = [{ at: 0, digest: releaseOf('v1').digest, by: 'before' }]
  readonly #timeline: Timeline

  constructor(timeline: Timeline) {
    this.#timeline = timeline
  }

  get tag(): string {
    return this.moves.at(-1)?.digest ?? ''
  }

  /** What a unit that starts now gets; null when nothing comes. */
  pull(): string | null {
    return this.manner === 'away' || this.manner === 'deaf' ? null : this.tag
  }

  move(digest: string, by: string): void {
    const move = { at: this.#timeline.now, digest, by }
    this.moves.push(move)
    this.onMove(move)
  }

  /** As the distribution API answers. */
  answer({ method, path, body }: Question, by: string): Answer {
    const reference = path.replace(/^manifests\//, '')
    if (method === 'PUT') {
      if (this.manner === 'refuses') return answerOf(503, Buffer.alloc(0))
      if (this.manner !== 'idle') this.move(digestOf(body ?? Buffer.alloc(0)), by)
      return answerOf(201, Buffer.alloc(0))
    }
    const content = byDigest.get(reference === wantedAt.tag ? this.tag : reference)
    return content === undefined ? answerOf(404, Buffer.alloc(0)) : answerOf(200, content)
  }
}

function answerOf(status: number, body: Buffer): Answer {
  const headers: Readonly<Record<string, string>> = {
    'content-type': mediaTypes.ociManifest,
    'content-length': String(body.length),
    'docker-content-digest': digestOf(body),
  }
  const header = (name: string): string | null => headers[name] ?? null
  return { status, header, headers: (name) => [headers[name] ?? []].flat(), body }
}

export interface RegistryParts {
  readonly timeline: Timeline
  readonly registry: ModelRegistry
  readonly process: ModelProcess
  readonly random: () => number
  /** What is to be pushed was asked for; the push was sent, and was heard. */
  readonly passed: (point: PushPoint) => void
}

export type PushPoint = 'push-begun' | 'push-sent' | 'push-heard'

const requestMs = 2000
export const moveTimeoutMs = 4000
/** One way at the slowest: a push that is given up at its limit was heard by then. */
const slowestMs = 900

/** The registry port of one process: the real looks and moves, over a model of the wire. */
export function createRegistryClient(parts: RegistryParts): RegistryReader & RegistryWriter {
  const { timeline, registry, process, random, passed } = parts
  const latency = (): number => 1 + random() * (registry.manner === 'slow' ? slowestMs : 20)

  const exchange = (question: Question, signal: AbortSignal): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const push = question.method === 'PUT'
      signal.addEventListener('abort', () => reject(new Error('given up')), { once: true })
      timeline.after(latency(), () => {
        if (registry.manner === 'away') return
        const answer = registry.answer(question, process.name)
        if (push) passed('push-heard')
        timeline.after(latency(), () => {
          if (registry.manner !== 'away' && registry.manner !== 'deaf') process.deliver(() => resolve(answer))
        })
      })
      if (push) passed('push-sent')
      // The whole of a manifest is asked for by who is about to push it, and by nobody else here.
      if (question.method === 'GET') passed('push-begun')
    })

  const session: Session = {
    clock: process,
    async ask(_, question, limit: Patience) {
      const result = await limited(limit, (signal) => exchange(question, signal))
      if (result.kind !== 'done') throw new Away(`${host} did not answer`)
      if (isLater(result.value.status)) throw new Away(`${host} answered ${result.value.status}`)
      return result.value
    },
    refusal: (_, { status }) => new RegistryFault('refused', `${host} answered ${status}`),
    close: async () => undefined,
  }

  return {
    moveTimeoutMs,
    manifest: (_, reference, signal) =>
      lookAt(session, place, reference, patience(process, requestMs * 2, requestMs, signal)),
    moveTag: (_, tag, move, signal) =>
      moveTag(session, place, { tag, ...move }, patience(process, moveTimeoutMs, requestMs, signal)),
    tags: async () => [wantedAt.tag],
    labels: async () => ({ revision: null, version: null, source: null, builtAt: null }),
  }
}
