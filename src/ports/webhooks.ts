/** Tells one receiver outside of one event. */
export interface WebhookSender {
  /** One try, within a time limit of its own. Never rejects. */
  send(url: string, announcement: Announcement, signal: AbortSignal): Promise<Delivered>
}

export interface Announcement {
  /** The same each time that this event is sent to anybody. */
  readonly id: string
  /** The event's kind. */
  readonly event: string
  /** JSON. */
  readonly body: string
}

export type Delivered =
  | { readonly kind: 'delivered' }
  /** The receiver did not say that it has it: it may have it all the same. `reason` names no secret. */
  | { readonly kind: 'failed'; readonly reason: string }
