import type { Config } from '../config/schema.ts'
import { isOver, type Rollout } from '../domain/rollout.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { StoreUnavailable } from '../ports/store.ts'
import type { Announcement, WebhookSender } from '../ports/webhooks.ts'
import { Outage } from '../store/outage.ts'
import type { Announced } from '../store/records.ts'
import { receiverNumber, type AnnouncedStore, type Announcing } from './announced.ts'
import { announcementOf } from './announcement.ts'
import type { WorkSource } from './claimed-work.ts'

type Webhook = Config['webhooks'][number]

export interface AnnounceParts {
  readonly webhooks: readonly Webhook[]
  readonly announced: AnnouncedStore
  readonly sender: WebhookSender
  readonly clock: Clock
  readonly log: Log
  /** Masks secrets. */
  readonly redact: (text: string) => string
}

/** Receivers outside, as work to be claimed: one process tells each of them, in the order of events. */
export function announceWork(parts: AnnounceParts): WorkSource<Announcing> {
  const known = new Map(parts.webhooks.map((webhook) => [receiverNumber(webhook.url), webhook]))
  return {
    what: 'receiver',
    unclaimed: () => parts.announced.unclaimed([...known.keys()]),
    claim: (id, lease) => parts.announced.claim(id, lease),
    async work(announcing, lease, stop) {
      const webhook = known.get(announcing.id)
      if (webhook === undefined) return 'it is none of ours'
      return announce(announcing, webhook, parts, AbortSignal.any([lease.lost, stop]))
    },
  }
}

/** In milliseconds. */
const lookEveryMs = 1000
const firstRetryMs = 1000
const longestRetryMs = 60_000

async function announce(
  announcing: Announcing,
  webhook: Webhook,
  parts: AnnounceParts,
  stop: AbortSignal,
): Promise<string> {
  const outage = new Outage(parts.log, { receiver: hostOf(webhook) }, 'a receiver')
  let teller: Teller | null = null
  while (!stop.aborted) {
    try {
      teller ??= new Teller(announcing, webhook, await parts.announced.open(announcing.id), parts, stop)
      await teller.turn()
      outage.over()
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      outage.failed(error)
      // Whether the last position was kept is unknown: read it again.
      teller = null
    }
    await parts.clock.sleep(lookEveryMs, stop)
  }
  return 'handed over'
}

/** Tells one receiver what is new, event by event; its position is kept after each. */
class Teller {
  readonly #announcing: Announcing
  readonly #webhook: Webhook
  readonly #parts: AnnounceParts
  readonly #stop: AbortSignal
  #kept: Announced
  #now: Announced
  /** It was found dead: told once in the log, until it answers. */
  #silent = false

  constructor(announcing: Announcing, webhook: Webhook, kept: Announced, parts: AnnounceParts, stop: AbortSignal) {
    this.#announcing = announcing
    this.#webhook = webhook
    this.#parts = parts
    this.#stop = stop
    this.#kept = kept
    this.#now = kept
  }

  async turn(): Promise<void> {
    await this.#findNew()
    for (const { id, seq } of this.#now.open) {
      if (this.#stop.aborted) return
      await this.#tell(id, seq)
    }
    await this.#save()
  }

  async #findNew(): Promise<void> {
    const found = await this.#parts.announced.rolloutsFrom(this.#now.next)
    const last = found.at(-1)
    if (last === undefined) return
    const wanted = found.filter((rollout) => this.#wants(rollout)).map(({ id }) => ({ id, seq: 0 }))
    this.#now = { next: last.id + 1, open: [...this.#now.open, ...wanted] }
  }

  #wants({ plan }: Rollout): boolean {
    const { services, tiers } = this.#webhook
    return services?.includes(plan.service) !== false && tiers?.includes(plan.tier) !== false
  }

  async #tell(id: number, seq: number): Promise<void> {
    const story = await this.#parts.announced.story(id, seq)
    if (story === null) return this.#forget(id)
    const wanted: ReadonlySet<string> = new Set(this.#webhook.events)
    for (const event of story.news) {
      if (wanted.has(event.fact.kind)) {
        const told = await this.#deliver(announcementOf(event, story.rollout, this.#parts.redact), event.at)
        if (!told) return
      }
      const open = this.#now.open.map((one) => (one.id === id ? { id, seq: event.seq } : one))
      this.#now = { ...this.#now, open }
      if (wanted.has(event.fact.kind)) await this.#save()
    }
    if (isOver(story.rollout)) this.#forget(id)
  }

  #forget(id: number): void {
    this.#now = { ...this.#now, open: this.#now.open.filter((one) => one.id !== id) }
  }

  async #save(): Promise<void> {
    if (this.#now === this.#kept) return
    await this.#parts.announced.save(this.#announcing, this.#now)
    this.#kept = this.#now
  }

  /** Again and again, ever more slowly; false when another process is to go on. What is too old by then is given up. */
  async #deliver(announcement: Announcement, at: number): Promise<boolean> {
    const { clock, log, sender } = this.#parts
    const fields = { receiver: hostOf(this.#webhook), id: announcement.id, event: announcement.event }
    for (let waitMs = firstRetryMs; ; waitMs = Math.min(waitMs * 2, longestRetryMs)) {
      // A process that was stopped for a while may no longer be the one: what was sent twice has the same id.
      if (this.#stop.aborted) return false
      const sent = await sender.send(this.#webhook.url, announcement, this.#stop)
      if (sent.kind === 'delivered') {
        if (this.#silent) log.info(fields, 'a receiver answers again')
        this.#silent = false
        return true
      }
      if (this.#stop.aborted) return false
      if (!this.#silent) log.warn({ ...fields, reason: sent.reason }, 'a receiver does not take an event: trying again')
      this.#silent = true
      if (clock.now() - at >= this.#webhook.giveUpAfter) {
        log.error({ ...fields, reason: sent.reason }, 'an event was not delivered, and is given up')
        return true
      }
      await clock.sleep(Math.min(waitMs, Math.max(1, at + this.#webhook.giveUpAfter - clock.now())), this.#stop)
    }
  }
}

/** An address may have a token in it: its host is enough for the log. */
const hostOf = ({ url }: Webhook): string => new URL(url).host
